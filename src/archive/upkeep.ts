/**
 * Does once a day what keeps the folder from growing for ever: at the start of the desk, and in the first hour of each
 * new day. One run at a time; a stop ends it between two files.
 */
import { systemClock } from '../base/clock.ts'
import { dayOf } from '../wire/paths.ts'
import { applyAge } from './age.ts'
import type { Clock } from '../base/clock.ts'
import type { AgeReport } from './age.ts'
import type { Exclusively } from './pack.ts'

const everyMs = 3_600_000

/** Options of {@link startUpkeep}. */
export interface UpkeepOptions {
  readonly folder: string
  readonly timeZone: string
  readonly archiveAfterDays: number
  readonly deleteAfterDays: number
  readonly exclusively: Exclusively
  /** @default systemClock */
  readonly clock?: Clock | undefined
  /** Called with what was done, and with what could not be. */
  readonly onNotice?: ((message: string) => void) | undefined
  /** Called when files were deleted. */
  readonly onDeleted?: (() => void) | undefined
}

/** A running upkeep. */
export interface Upkeep {
  /** Does what is due, at most once a day. */
  run(): Promise<void>
  /** Resolves when no file is being worked on. */
  stop(): Promise<void>
}

/** Starts to look after the folder, in the background. */
export function startUpkeep(options: UpkeepOptions): Upkeep {
  const clock = options.clock ?? systemClock
  let doneOn = ''
  let isStopped = false
  let running: Promise<void> | undefined
  const work = async (nowMs: number): Promise<void> => {
    try {
      const isOver = (): boolean => isStopped
      const report = await applyAge(options.folder, { ...options, nowMs, isStopped: isOver })
      for (const message of reportLines(report)) options.onNotice?.(message)
      if (report.deleted.length > 0) options.onDeleted?.()
    } catch (error) {
      options.onNotice?.(`the age of files could not be looked at: ${String(error)}`)
    }
  }
  const run = async (): Promise<void> => {
    const nowMs = Number(clock.wallNs() / 1_000_000n)
    const day = dayOf(nowMs, options.timeZone)
    if (isStopped || day === doneOn) return running
    doneOn = day
    running = (running ?? Promise.resolve()).then(async () => work(nowMs))
    return running
  }
  void run()
  const timer = setInterval(() => void run(), everyMs)
  timer.unref()
  return {
    run,
    async stop() {
      isStopped = true
      clearInterval(timer)
      await running
    },
  }
}

/** What was done, in sentences; none when nothing was. */
export function reportLines({ archived, deleted, faults }: AgeReport): string[] {
  return [
    archived.length > 0 ? `compressed ${files(archived)} into archive/` : '',
    deleted.length > 0 ? `deleted ${files(deleted)}, past their age` : '',
    ...faults.map((fault) => `${fault}; tried again tomorrow`),
  ].filter((line) => line !== '')
}

function files(paths: readonly string[]): string {
  return paths.length === 1 ? `${paths[0]}` : `${paths.length} files`
}
