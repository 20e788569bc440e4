/** The worker of `live.ts`: reads what is new in the files whenever it is told, at most ten times a second. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { FillpathError } from '../../semconv/error.ts'
import { indexPath, parseDailyPath, plainPath } from '../../wire/paths.ts'
import { removedBytes } from '../../archive/removed.ts'
import { openStore } from '../store/store.ts'
import { importFiles, noCounts } from './import.ts'
import { followRemovals } from './removals.ts'
import { truthFiles } from './sources.ts'
import type { Store } from '../store/store.ts'

/** What the worker is given. */
export interface LiveTask {
  readonly folder: string
}

/** What it says. */
export type LiveNews =
  | { readonly kind: 'reading' }
  | { readonly kind: 'failed' | 'unreadable'; readonly message: string; readonly hint: string }

const everyMs = 100
const afterFailureMs = 5_000
/** Files that were read to their end and do not grow, by their names before they are compressed. */
const done = new Set<string>()

/** Of the notes of deleted files, how many bytes the index has followed. */
let followedBytes = 0

/** The index while records come: to open and close it for each reading takes longer than to read some lines. */
let opened: { readonly store: Store; readonly inode: number } | undefined

/** Reads what is new; tells whether all of it was there to its end. */
async function read(
  folder: string,
  onUnreadable: (error: FillpathError) => void,
): Promise<boolean> {
  const path = join(folder, indexPath)
  // One that was deleted is filled from the first file on.
  if (!existsSync(path)) done.clear()
  const files = await truthFiles(folder, (name) => done.has(plainPath(name)))
  const removed = await removedBytes(folder)
  if (files.length === 0 && removed === followedBytes) return true
  const store = storeOf(path)
  for (const file of files) {
    try {
      await importFiles(store, [file], noCounts(), { onUnreadable })
    } catch (error) {
      // It was compressed or deleted since it was listed.
      if (!existsSync(file.path)) return false
      throw error
    }
  }
  // Only the newest of a kind grows.
  const newest = new Map(files.map(({ name }) => [parseDailyPath(name)?.file, name]))
  for (const { name } of files) {
    if (newest.get(parseDailyPath(name)?.file) !== name) done.add(plainPath(name))
  }
  if (removed !== followedBytes) await followRemovals(store, folder)
  followedBytes = removed
  return true
}

/** The index at `path`; another one when it was deleted or replaced meanwhile. */
function storeOf(path: string): Store {
  if (opened?.inode === inodeOf(path)) return opened.store
  close()
  const store = openStore(path)
  opened = { store, inode: inodeOf(path) }
  return store
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? -1
}

function close(): void {
  const store = opened?.store
  opened = undefined
  store?.close()
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
  const tellUnreadable = ({ message, hint }: FillpathError): void => {
    say({ kind: 'unreadable', message, hint })
  }
  let told = ''
  for (;;) {
    const isLast = stop.signal.aborted
    wanted = false
    say({ kind: 'reading' })
    let pauseMs = everyMs
    try {
      if (!(await read(folder, tellUnreadable))) wanted = true
    } catch (error) {
      pauseMs = afterFailureMs
      wanted = true
      close()
      const message = error instanceof Error ? error.message : String(error)
      const hint = error instanceof FillpathError ? error.hint : 'It goes on by itself.'
      if (message !== told) say({ kind: 'failed', message, hint })
      told = message
    }
    if (isLast) break
    // A stop ends the pause.
    await sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined)
    if (!wanted && !stop.signal.aborted) {
      close()
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  close()
  parentPort?.close()
}

await live(workerData)
