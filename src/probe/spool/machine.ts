/** What tells this run of this machine, and this process on it, from any other. */
import { readFileSync, readlinkSync } from 'node:fs'

/** Ids that are the same for all processes of a machine until it is restarted, from /proc where there is one. */
let known: string | undefined

/** Id of the machine's own start, 32 hex digits; zeros where the system gives none. */
export function machineId(): string {
  known ??= textOf('/proc/sys/kernel/random/boot_id').replaceAll('-', '').trim()
  return /^[0-9a-f]{32}$/.test(known) ? known : '0'.repeat(32)
}

/** Nanoseconds on the machine's monotonic clock, the same for all its processes and threads. */
export function machineNs(): bigint {
  return process.hrtime.bigint()
}

/** The space in which this process's pid counts; empty where the system has none. */
export function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''
  } catch {
    return ''
  }
}

/**
 * When a process started, in ticks since the machine's start: with its pid its identity. `undefined` when there is no
 * such process; empty where the system does not tell.
 */
export function processStart(pid: number): string | undefined {
  if (textOf('/proc/self/stat') === '') return isAlive(pid) ? '' : undefined
  const stat = textOf(`/proc/${pid}/stat`)
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie or dead process writes no more.
  if (stat === '' || fields[0] === 'Z' || fields[0] === 'X') return undefined
  return fields[19]
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
