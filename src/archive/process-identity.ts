import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who a process is, also after its pid was given to another. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in ticks since boot; empty where the system does not tell. */
  readonly started: string
  /** Machine, boot and pid namespace: only within one of these can a pid be looked up. */
  readonly realm: string
}

/** The process that runs this. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid), realm: realm() }
}

/** Whether the process runs; `unknown` when it lives on another machine, in another container or before a reboot. */
export function aliveness(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (identity.realm !== realm()) return 'unknown'
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    // EPERM: it runs, and belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return 'dead'
  }
  return startOf(identity.pid) === identity.started ? 'alive' : 'dead'
}

function realm(): string {
  return [
    hostname(),
    tried(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    tried(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ')
}

/** Field 22 of proc(5) stat. The name in field 2 may hold blanks and parentheses, so fields are counted behind it. */
function startOf(pid: number): string {
  return tried(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  })
}

function tried(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
