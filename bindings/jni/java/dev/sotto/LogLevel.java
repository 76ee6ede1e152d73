package dev.sotto;

/** Levels of log lines, in the order of sotto/base.h from 1. */
public enum LogLevel {
  ERROR,
  WARNING,
  INFO,
  DEBUG
}
