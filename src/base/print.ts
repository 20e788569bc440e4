/** What a stream of this process is asked for here. */
export interface Printed {
  write(text: string, done: () => void): unknown
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
}

/** Lines that a stream is writing. */
const writing = new WeakMap<Printed, { lines: number }>()

/**
 * A line for people. Never throws, and a pipe that nobody reads any more (`bot | head`) does not end the process: a plain
 * `write` does, and Node's Console does too, by an error that comes later and that nobody listens for. Writes of others to
 * the same stream are left alone.
 */
export function print(stream: Printed, line: string): void {
  try {
    let state = writing.get(stream)
    if (state === undefined) writing.set(stream, (state = { lines: 0 }))
    if (state.lines === 0) stream.on('error', ignore)
    const now = state
    now.lines += 1
    stream.write(`${line}\n`, () => written(stream, now))
  } catch {
    // Nobody is left to tell.
  }
}

/** {@link print} on stderr. */
export function sayOnStderr(line: string): void {
  print(process.stderr, line)
}

function written(stream: Printed, state: { lines: number }): void {
  if (state.lines > 1) {
    state.lines -= 1
    return
  }
  // The error of the last one comes after its callback.
  setImmediate(() => {
    state.lines -= 1
    if (state.lines === 0) stream.off('error', ignore)
  })
}

function ignore(): void {
  // Nobody is left to tell.
}
