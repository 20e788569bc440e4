import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'

const bot = fileURLToPath(new URL('../fixtures/spool/bot.ts', import.meta.url))

/** A receiver that nobody has: the port is reserved, and nothing listens. */
export const nowhere = 'http://127.0.0.1:1'

/** A bot in a process of its own, which has written its records. */
export async function startBot(
  folder: string,
  url: string,
  end?: 'end',
): Promise<{ readonly child: ChildProcess; kill(): Promise<void>; ended(): Promise<void> }> {
  const child = spawn(process.execPath, [bot, folder, url, ...(end ? [end] : [])], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exit = once(child, 'exit')
  await once(child.stdout, 'data')
  return {
    child,
    async kill() {
      child.kill('SIGKILL')
      await exit
    },
    async ended() {
      await exit
    },
  }
}
