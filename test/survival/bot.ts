// A bot that logs a thousand lines a second and ends in one of several ways. It tells in a file beside how many it has
// logged: a number in the page cache, written after each line, which no `kill -9` takes back.
// Arguments: JSON of `BotTask`.
import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Open, Place } from './subjects/subject.ts'

/** How a bot ends by itself. */
export type End = 'never' | 'kill' | 'exit' | 'throw'

/** What a bot is to do. */
export interface BotTask extends Place {
  /** File in `subjects/`. */
  readonly subject: string
  /** File for what it tells. */
  readonly side: string
  readonly perSecond: number
  /** How long it logs before it ends. */
  readonly forMs: number
  /** Lines in the last turn of the event loop, directly before the end. */
  readonly burst: number
  readonly end: End
  /** Whether it ends at SIGTERM as the documentation of the subject says. */
  readonly handlesSigterm: boolean
}

const task: BotTask = JSON.parse(process.argv[2] ?? '')
const { open }: { open: Open } = await import(`./subjects/${task.subject}.ts`)
const subject = await open(task)
const side = openSync(task.side, 'w')
const told = new Float64Array(1)
const bytes = new Uint8Array(told.buffer)
writeSync(side, bytes, 0, bytes.length, 0)

function logOne(): void {
  subject.log(told[0] ?? 0)
  told[0] = (told[0] ?? 0) + 1
  writeSync(side, bytes, 0, bytes.length, 0)
}

let isEnding = false
if (task.handlesSigterm) {
  process.once('SIGTERM', () => {
    isEnding = true
    void subject.stop().finally(() => process.exit(0))
  })
}
const beganMs = performance.now()
for (;;) {
  const elapsedMs = performance.now() - beganMs
  const due = Math.floor((elapsedMs / 1000) * task.perSecond)
  while (!isEnding && (told[0] ?? 0) < due) logOne()
  if (elapsedMs >= task.forMs && task.end !== 'never') break
  await sleep(10)
}
for (let count = 0; count < task.burst; count += 1) logOne()
if (task.end === 'kill') process.kill(process.pid, 'SIGKILL')
if (task.end === 'exit') process.exit(0)
// What is thrown out of a module is a rejection; this is an exception, in the same turn.
queueMicrotask(() => {
  throw new Error('nobody catches this')
})
