/** The worker of `live.ts`: reads what is new in the files whenever it is told, at most ten times a second. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { FillpathError } from '../../semconv/error.ts'
import { indexPath } from '../../wire/paths.ts'
import { removedBytes } from '../../archive/removed.ts'
import { openStore } from '../store/store.ts'
import { importFile, noCounts } from './import.ts'
import { followRemovals } from './removals.ts'
import { truthFiles } from './sources.ts'

/** What the worker is given. */
export interface LiveTask {
  readonly folder: string
}

/** What it says. */
export type LiveNews =
  | { readonly kind: 'reading' }
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string }

const everyMs = 100
const afterFailureMs = 5_000
/** Of each kind: a day's last lines may still be unread when the next day begins. */
const newestCount = 2

/** Of the notes of deleted files, how many bytes the index has followed. */
let followedBytes = 0

/** Reads what is new; `count` as it is for {@link truthFiles}. */
async function read(folder: string, count?: number): Promise<void> {
  const files = await truthFiles(folder, count)
  const removed = await removedBytes(folder)
  if (files.length === 0 && removed === followedBytes) return
  const store = openStore(join(folder, indexPath))
  try {
    for (const file of files) await importFile(store, file, noCounts())
    if (removed !== followedBytes) await followRemovals(store, folder)
    followedBytes = removed
  } finally {
    store.close()
  }
}

async function live({ folder }: LiveTask): Promise<void> {
  const stop = new AbortController()
  let wanted = true
  let wake = (): void => undefined
  parentPort?.on('message', (message: unknown) => {
    wanted = true
    if (message === 'stop') stop.abort()
    wake()
  })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  const say = (news: LiveNews): void => parentPort?.postMessage(news)
  let count: number | undefined
  let told = ''
  for (;;) {
    const isLast = stop.signal.aborted
    wanted = false
    say({ kind: 'reading' })
    let pauseMs = everyMs
    try {
      await read(folder, count)
      count = newestCount
    } catch (error) {
      pauseMs = afterFailureMs
      wanted = true
      const message = error instanceof Error ? error.message : String(error)
      const hint = error instanceof FillpathError ? error.hint : 'It goes on by itself.'
      if (message !== told) say({ kind: 'failed', message, hint })
      told = message
    }
    if (isLast) break
    // A stop ends the pause.
    await sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined)
    if (!wanted && !stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  parentPort?.close()
}

await live(workerData)
