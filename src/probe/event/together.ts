/**
 * Records of one call, written at once: a call of the flow API emits several (the fill, the end of the order, that of its
 * span), and each by itself would cost a write of its own. They are in the file before the call returns.
 */

/** Who writes records: told when a call begins and when it has ended. Does not throw. */
export interface Writer {
  hold(): void
  /** All that came since `hold` is to be written now. */
  release(): void
}

let writer: Writer | undefined
let isHeld = false

/** Telemetry sets its writer when it starts, and takes it back with `undefined`. */
export function setWriter(next: Writer | undefined): void {
  writer = next
}

/** Runs a step whose records are written when it has ended, also when it throws. Steps within steps are one. */
export function together<T>(step: () => T): T {
  const current = writer
  if (current === undefined || isHeld) return step()
  isHeld = true
  current.hold()
  try {
    return step()
  } finally {
    try {
      current.release()
    } finally {
      isHeld = false
    }
  }
}
