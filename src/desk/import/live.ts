/**
 * The index, filled while a desk runs.
 *
 * A worker reads the files behind the archive: the way of a sender's request is not touched, what the index missed while
 * no desk ran is caught up by the same reading, and whatever happens to the worker, the files have everything.
 */
import { Worker } from 'node:worker_threads'
import type { LiveNews, LiveTask } from './live-worker.ts'

/** The filling of an index. */
export interface LiveIndex {
  /** Says that there is more in the files. */
  nudge(): void
  /** Resolves when all that is in the files is in the index, or after `waitMs`: what is missing then is told. */
  stop(): Promise<void>
}

/** Starts to fill the index of `folder`. */
export function startLiveIndex(options: {
  readonly folder: string
  /** How long a stop waits, in ms. */
  readonly waitMs: number
  readonly onNotice?: ((message: string) => void) | undefined
}): LiveIndex {
  const task: LiveTask = { folder: options.folder }
  // Built files stand beside built files.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./live-worker.${extension}`, import.meta.url), {
    name: 'fillpath-index',
    workerData: task,
    execArgv: [],
  })
  let isRunning = true
  let isNudged = true
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      isRunning = false
      resolve()
    })
  })
  const tell = (reason: string): void => {
    options.onNotice?.(`the index is not filled while the desk runs: ${reason}`)
  }
  worker.on('error', (error) => tell(String(error)))
  worker.on('message', (news: LiveNews) => {
    if (news.kind === 'reading') isNudged = false
    else if (news.kind === 'failed') tell(`${news.message}. ${news.hint}`)
    else options.onNotice?.(`${news.message}. ${news.hint}`)
  })
  worker.unref()
  const order = (word: 'nudge' | 'stop'): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage(word)
  }
  return {
    nudge() {
      if (isNudged || !isRunning) return
      isNudged = true
      order('nudge')
    },
    async stop() {
      if (!isRunning) return
      worker.ref()
      order('stop')
      const timer = setTimeout(() => {
        const seconds = options.waitMs / 1000
        options.onNotice?.(
          `the index does not have all of the files yet, after ${seconds} s of waiting: the next start of the desk reads the rest, or "fillpath import"`,
        )
        void worker.terminate()
      }, options.waitMs)
      await ended
      clearTimeout(timer)
    },
  }
}
