package dev.sotto;

/**
 * LoRA pairs of a GGUF adapter file, for the sessions of the model that opened it ({@link Session#attach}). Any thread. A session holds
 * what it was attached to: the adapter may be closed while it is in use.
 */
public final class Adapter extends NativeObject {
  private Adapter(Handle handle) {
    super(handle);
  }

  static Adapter open(Model model, ModelSource source) {
    Check.given("the adapter's source", source);
    return model.inside(address -> {
      final long made = Natives.adapterOpen(address, source.numbers(), source.place());
      return new Adapter(new Handle("adapter", made, model.handle, Natives::adapterDestroy, null));
    });
  }
}
