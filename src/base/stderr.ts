/** Lines that are being written. */
let writing = 0

/**
 * A line on stderr for people. Never throws, and a pipe that nobody reads any more (`bot 2>&1 | head`) does not end the
 * process: a plain `process.stderr.write` does, by an error that comes later and that nobody listens for. Writes of others
 * are left alone.
 */
export function sayOnStderr(line: string): void {
  try {
    const { stderr } = process
    if (writing === 0) stderr.on('error', ignore)
    writing += 1
    // The error comes after the callback.
    stderr.write(`${line}\n`, () => setImmediate(written).unref())
  } catch {
    // Nobody is left to tell.
  }
}

function written(): void {
  writing -= 1
  if (writing === 0) process.stderr.off('error', ignore)
}

function ignore(): void {
  // Nobody is left to tell.
}
