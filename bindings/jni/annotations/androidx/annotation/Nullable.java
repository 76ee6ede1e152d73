package androidx.annotation;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** Compile-time stand-in for the annotation of AndroidX, which Kotlin and Android Studio read by name; not in sotto.jar. */
@Retention(RetentionPolicy.CLASS)
public @interface Nullable {}
