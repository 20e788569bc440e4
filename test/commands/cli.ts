import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'

/** The file of the command line. */
export const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** How a command ended, and what it wrote. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs. */
export class Running {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''

  /** `stderr` and `stdout`: a file in place of what is collected. */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stderr: 'pipe' | number = 'pipe',
    stdout: 'pipe' | number = 'pipe',
  ) {
    this.child = spawn(process.execPath, [cli, ...args], {
      env: { ...bare(), COLUMNS: '100', ...env },
      stdio: ['ignore', stdout, stderr],
    })
    this.child.stdout?.on('data', (chunk) => (this.stdout += String(chunk)))
    this.child.stderr?.on('data', (chunk) => (this.stderr += String(chunk)))
  }

  /** Waits until stdout holds `text`. */
  async says(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      if (this.child.exitCode !== null)
        throw new Error(`ended with ${this.child.exitCode}: ${this.stderr}`)
      await once(this.child.stdout ?? this.child, 'data')
    }
  }

  async ended(): Promise<Ran> {
    const [code]: (number | null)[] = await once(this.child, 'close')
    return { code: code ?? null, stdout: this.stdout, stderr: this.stderr }
  }

  /** Ends it as Ctrl-C does. */
  async interrupted(): Promise<Ran> {
    const ended = this.ended()
    this.child.kill('SIGINT')
    return ended
  }
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Ran> {
  return new Running(args, env).ended()
}

/** The environment without what would change a command. */
function bare(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:FILLPATH_|OTEL_|FORCE_COLOR|NO_COLOR|COLUMNS|VITEST)/.test(name),
  )
  return Object.fromEntries(own)
}
