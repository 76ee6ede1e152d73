// Null.kt: must not compile, because the bindings say what may be null. tests/bindings looks for the compiler's words.
import dev.sotto.Model

fun wrong(model: Model): String? {
  model.tokenize(null)
  return model.facts.name
}
