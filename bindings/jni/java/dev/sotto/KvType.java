package dev.sotto;

/** How keys and values of the cache are stored, in the order of sotto/model.h. */
public enum KvType {
  DEFAULT,
  F32,
  F16,
  Q8_0
}
