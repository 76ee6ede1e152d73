// Chat.kt: how the bindings read in Kotlin. Compiled and run by tests/bindings; no Kotlin code is part of the library.
import dev.sotto.AssistantOptions
import dev.sotto.CareOptions
import dev.sotto.CareSpeaker
import dev.sotto.ConversationOptions
import dev.sotto.DeviceFunction
import dev.sotto.GenerateOptions
import dev.sotto.GrammarOptions
import dev.sotto.LogLevel
import dev.sotto.ModelOptions
import dev.sotto.ModelSource
import dev.sotto.PowerPolicy
import dev.sotto.Runtime
import dev.sotto.SentimentOptions
import dev.sotto.Sotto
import dev.sotto.SottoException
import dev.sotto.Values
import java.io.File

fun main(arguments: Array<String>) {
  val (libraries, file) = arguments
  Sotto.loadFrom(File(libraries))
  val builder = Runtime.builder().powerPolicy(PowerPolicy.SAVER).threads(1).log(LogLevel.WARNING) { level, line -> println("$level $line") }
  builder.build().use { runtime ->
    val options = ModelOptions.builder().backend("reference").progress { fraction -> fraction <= 1 }.build()
    runtime.open(ModelSource.file(File(file)), options).use { model ->
      println("${model.facts.name}: ${model.facts.vocabulary} tokens, ${runtime.backends.map { it.name }}")
      val few = GenerateOptions.builder().maxTokens(8).ignoreEnd().build()
      model.newSession().use { session ->
        val text = StringBuilder()
        val result = session.generate("打开灯 💡", few) { piece -> text.append(piece); true }
        session.rewind(0)
        check(session.stream("打开灯 💡", few).joinToString("") == text.toString())
        println("${result.finish} at ${session.position}, ${session.counters.generatedTokens} tokens")
        model.newGrammar(GrammarOptions.gbnf("""root ::= "yes" | "no"""").build()).use { grammar ->
          val strict = GenerateOptions.builder().grammar(grammar).mask { logits -> logits.size == model.facts.vocabulary }.build()
          check(session.stream("on?", strict).joinToString("") in setOf("yes", "no"))
        }
        check(model.heads.none { it.name == "intent" })
      }
      model.newSentiment(SentimentOptions.builder().consent(true).build()).use { sentiment ->
        val heard = sentiment.read("太好了，谢谢")
        sentiment.noteTurn(heard)
        println("${heard.label ?: "not sure"}, ${heard.language}, valence ${sentiment.mood.valence}")
      }
      println("${Values.parse("把灯调到30%").map { "${it.kind} ${it.number}" }}")
      runtime.newCare(CareOptions.DEFAULT).use { care ->
        println("${care.check("我的电话是13812345678", CareSpeaker.USER).findings.map { it.kind }}")
      }
      val clock = DeviceFunction.builder("clock.time") { call -> """{"result": "${call.name} ⏰"}""" }.example("几点了").build()
      try {
        model.newAssistant(AssistantOptions.DEFAULT).use { assistant -> assistant.addFunction(clock) }
      } catch (e: SottoException) {
        println("${e.status}: ${e.message}")
      }
      try {
        model.newConversation(ConversationOptions.DEFAULT)
      } catch (e: SottoException.NotFound) {
        println("${e.status}: ${e.message}")
      }
    }
  }
}
