import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The public door, for the program of a child process. */
export const door = pathToFileURL(join(import.meta.dirname, '../../../src/index.ts')).href

/** How a child process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** How a child process is run. */
export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Signals sent, one each time the child has printed one more line `ready`. */
  readonly signals?: readonly NodeJS.Signals[]
  /** Nobody reads what it says there: the pipe is closed before it begins. */
  readonly unheard?: 'stdout' | 'stderr'
  /** Kind of the program. @default 'module' */
  readonly type?: 'module' | 'commonjs'
}

/** Environment of a bot that waits at its end, on a busy machine too, until its receiver or its files have everything. */
export const patient = { FILLPATH_SHUTDOWN_TIMEOUT: '120000' }

/** Runs a program in a process of its own, from the root of the repository. */
export function runChild(program: string, options: ChildOptions = {}): Promise<Ended> {
  const { env = {}, signals = [], unheard, type = 'module' } = options
  // A spool of its own: what one process leaves is not for the next one.
  const spool = mkdtempSync(join(tmpdir(), 'fillpath-spool-of-child-'))
  const child = spawn(process.execPath, [`--input-type=${type}`, '--eval', program], {
    cwd: join(import.meta.dirname, '../../..'),
    env: { PATH: process.env['PATH'], NO_COLOR: '1', FILLPATH_SPOOL_FOLDER: spool, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (unheard !== undefined) child[unheard].destroy()
  let [stdout, stderr] = ['', '']
  let sent = 0
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += String(chunk)
    const ready = stdout.split('\n').filter((line) => line === 'ready').length
    for (; sent < Math.min(ready, signals.length); sent += 1) child.kill(signals[sent])
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      rmSync(spool, { recursive: true, force: true })
      resolve({ code, signal, stdout, stderr })
    })
  })
}
