/*
 * The ends of a process, each with everything flushed: SIGTERM, SIGINT, SIGHUP, an empty event loop, an exception
 * nobody caught, a rejection nobody handled.
 *
 * The bot stays the master of its own end. Where it has a handler for a signal, or for uncaught exceptions, that
 * handler decides when the process ends and we only flush beside it. Where it has none, the process ends as it would
 * have without us: by the signal itself, or with Node's own report on stderr and exit code 1. A second signal does not
 * wait.
 */

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** What is done when the process ends. None of it throws or rejects, and all of it takes bounded time. */
export interface ExitWork {
  shutdown(reason: string): Promise<void>
  /** The bot goes on: it has a handler of its own. */
  flush(): Promise<void>
  /**
   * Records the exception; undefined when nothing has to be waited for.
   * @param isTheEnd the bot has no handler for it: the process ends by it
   */
  crashed(error: unknown, origin: string, isTheEnd: boolean): Promise<void> | undefined
  /** The last moment, in which nothing can be awaited. */
  atExit(code: number): void
}

/**
 * Watches for the end of the process.
 * @returns what takes the watching away
 */
export function watchExit(work: ExitWork): () => void {
  const removals = signals.map((signal) => watchSignal(signal, work))
  removals.push(watchCrash(work))
  const onBeforeExit = (): void => void work.shutdown('beforeExit')
  const onExit = (code: number): void => work.atExit(code)
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  return () => {
    process.removeListener('beforeExit', onBeforeExit)
    process.removeListener('exit', onExit)
    for (const remove of removals) remove()
  }
}

function watchSignal(signal: (typeof signals)[number], work: ExitWork): () => void {
  let isEnding = false
  const end = (): void => {
    process.removeListener(signal, onSignal)
    // Without a listener the signal does what it always did, so the parent sees the real cause of death.
    process.kill(process.pid, signal)
  }
  const onSignal = (): void => {
    if (process.listenerCount(signal) > 1) void work.flush()
    else if (isEnding) end()
    else {
      isEnding = true
      void work.shutdown(signal).then(end)
    }
  }
  process.on(signal, onSignal)
  return () => process.removeListener(signal, onSignal)
}

function watchCrash(work: ExitWork): () => void {
  let isEnding = false
  const onCrash = (error: unknown, origin: string): void => {
    if (isEnding) return
    const isBotsOwn = process.listenerCount('uncaughtException') > 0
    const wait = work.crashed(error, origin, !isBotsOwn)
    if (isBotsOwn || wait === undefined) return
    isEnding = true
    // Keeps Node from ending now; what is thrown once more when all is flushed ends it as it would have.
    process.on('uncaughtException', hold)
    // oxlint-disable-next-line promise/no-promise-in-callback -- an event handler has nobody to hand it to
    void wait.then(() => {
      process.removeListener('uncaughtException', hold)
      setImmediate(() => {
        throw error
      })
    })
  }
  process.on('uncaughtExceptionMonitor', onCrash)
  return () => process.removeListener('uncaughtExceptionMonitor', onCrash)
}

function hold(): void {
  // The exception is recorded already.
}
