/**
 * The way from the spool to the receivers, beside the bot: a worker thread that reads segments, joins records that are
 * already encoded, and posts them over OTLP/HTTP.
 *
 * - The bot's thread never waits for it; the spool's files are all that passes between them, and a count that says when
 *   to look. A worker that fails is started again, with back-off, and goes on at the last checkpoint: duplicates, no loss.
 * - Its reports are its heartbeat: one that hangs is ended, and started again like one that failed.
 * - It keeps no process alive, except while a flush or stop is awaited.
 * - Where the worker's file is missing, as in a bot bundled into one file, or the working folder is gone, the bot's own
 *   thread sends, and says so.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Backoff } from '../../base/backoff.ts'
import { errorCode } from '../spool/disk.ts'
import { printNotice } from '../spool/notice.ts'
import type { NoticeListener } from '../spool/notice.ts'
import { Bell } from './bell.ts'
import type { News, Order, WorkerTask } from './message.ts'
import { printShipNotice } from './notice.ts'
import type { ShipNoticeListener } from './notice.ts'
import { addReports, emptyReport } from './report.ts'
import type { ShipReport } from './report.ts'
import type { Shipper, ShipperOptions } from './shipper.ts'
import { defaultTuning } from './tuning.ts'

/** What {@link startShip} takes. */
export interface ShipOptions extends Pick<
  ShipperOptions,
  'place' | 'destinations' | 'tuning' | 'quarantineBytesMax'
> {
  /** @default one line on stderr */
  readonly onNotice?: ShipNoticeListener
  /** What the reading of the spool has to say. @default one line on stderr */
  readonly onSpoolNotice?: NoticeListener
  /** The worker's file. @default the one beside this file */
  readonly workerUrl?: URL
}

/** The shipper of a running bot. */
export interface Ship {
  /** Counts since the start, whatever became of the worker meanwhile; up to a second old. */
  report(): ShipReport
  /** True when every destination has all that the spool holds now; false when it is down or the time is up. */
  flush(timeoutMs: number): Promise<boolean>
  /** The spool may have grown: what was written is looked at soon, not only at the next look. Cheap. */
  ring(): void
  /** Flushes, and ends within about `timeoutMs`. Never rejects, runs once. */
  stop(timeoutMs: number): Promise<boolean>
}

/** Of this process: what a worker that fell had open belongs to the next one, also after a stop that was cut short. */
const lockToken = randomUUID()

/** Starts to send. Returns at once and never throws. */
export function startShip(options: ShipOptions): Ship {
  try {
    // Bundlers leave nothing of it in CommonJS.
    if (!('url' in import.meta))
      return shipHere(options, "the worker's file is missing (a bundled bot?)")
    const url = options.workerUrl ?? workerUrl()
    const path = fileURLToPath(url)
    if (!existsSync(path)) return shipHere(options, `${path} is missing (a bundled bot?)`)
    if (!hasWorkingFolder())
      return shipHere(
        options,
        'the working folder is gone, and Node starts no thread in one that is',
      )
    return new WorkerShip(options, url)
  } catch (error) {
    return shipHere(options, `no thread can be started (${String(error)})`)
  }
}

/** Asks the system: `process.cwd()` may be what it once was. */
function hasWorkingFolder(): boolean {
  try {
    realpathSync.native('.')
    return true
  } catch (error) {
    return errorCode(error) !== 'ENOENT'
  }
}

/** Sends from the thread it is called in, which loads only then what sending takes. */
function shipHere(options: ShipOptions, reason: string): Ship {
  const { onNotice, onSpoolNotice, tuning } = options
  const say = onNotice ?? printShipNotice
  const message = `${reason}; the bot's own thread sends instead`
  say({ code: 'worker_missing', level: 'warn', message })
  const onFailure = (error: unknown): void =>
    say({ code: 'worker_failed', level: 'error', message: String(error) })
  const bell = new Bell()
  let shipper: Shipper | undefined
  const make = async (): Promise<void> => {
    const { Shipper } = await import('./shipper.ts')
    shipper = new Shipper({
      ...options,
      lockToken,
      bell,
      tuning: { ...tuning, background: true },
      ...(onNotice && { onNotice }),
      ...(onSpoolNotice && { onSpoolNotice }),
      onFailure,
    })
  }
  const making = make().catch(onFailure)
  return {
    report: () => shipper?.report() ?? emptyReport,
    flush: async (timeoutMs) => {
      await making
      return shipper?.flush(timeoutMs) ?? false
    },
    stop: async (timeoutMs) => {
      await making
      return shipper?.stop(timeoutMs) ?? false
    },
    ring: () => bell.ring(),
  }
}

/** Beside this file, with its extension: `.ts` in the sources, `.js` in what is published. */
function workerUrl(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? './ship-worker.ts' : './ship-worker.js',
    import.meta.url,
  )
}

/** Calls `silent` when {@link Heartbeat.beat} was not called for about `silentMsMax`, and `stuck` when not for twice that. */
function watchHeartbeat(silentMsMax: number, silent: () => void, stuck: () => void): Heartbeat {
  let looks = 0
  const timer = setInterval(() => {
    looks += 1
    if (looks === silentLooksMax) silent()
    if (looks === silentLooksMax * 2) stuck()
  }, silentMsMax / silentLooksMax)
  timer.unref()
  return { beat: () => void (looks = 0), stop: () => clearInterval(timer) }
}

interface Heartbeat {
  beat(): void
  stop(): void
}

/** A worker that lived this long was healthy; the next failure is a new one. */
const healthyMs = 60_000
/** Looks at the heartbeat that must have found nothing: of a process that was stopped as a whole the first one finds nothing. */
const silentLooksMax = 3
/** Time for the last message of a worker beyond what it was given. */
const graceMs = 250

class WorkerShip implements Ship {
  readonly #options: ShipOptions
  readonly #url: URL
  readonly #backoff: Backoff
  readonly #bell = new Bell()
  readonly #waiting = new Map<number, (sent: boolean) => void>()
  #worker: Worker | undefined
  #restart: NodeJS.Timeout | undefined
  /** What earlier workers did, and this one. */
  #earlier = emptyReport
  #current = emptyReport
  #lastId = 0
  #stopped: Promise<boolean> | undefined

  constructor(options: ShipOptions, url: URL) {
    this.#options = options
    this.#url = url
    const initialMs = options.tuning?.restartMs ?? defaultTuning.restartMs
    this.#backoff = new Backoff({ initialMs, maxMs: 60_000 })
    this.#start()
  }

  report(): ShipReport {
    return addReports(this.#earlier, this.#current)
  }

  flush(timeoutMs: number): Promise<boolean> {
    return this.#ask('flush', timeoutMs)
  }

  ring(): void {
    this.#bell.ring()
  }

  stop(timeoutMs: number): Promise<boolean> {
    this.#stopped ??= this.#stop(timeoutMs)
    return this.#stopped
  }

  async #stop(timeoutMs: number): Promise<boolean> {
    clearTimeout(this.#restart)
    const sent = await this.#ask('stop', timeoutMs)
    const worker = this.#worker
    this.#worker = undefined
    if (!worker) return sent
    // A thread that a file system holds does not end, and what is done at the end of the bot does not wait for that. Node
    // itself does, in process.exit and behind the last event: such a process ends by a signal alone.
    const ended = new AbortController()
    await Promise.race([worker.terminate(), sleep(graceMs, undefined, { signal: ended.signal })])
    // A timer that is left would hold the end of the process.
    ended.abort()
    return sent
  }

  #ask(type: Order['type'], timeoutMs: number): Promise<boolean> {
    const worker = this.#worker
    if (!worker) return Promise.resolve(false)
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), timeoutMs + graceMs)
      const settle = (sent: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        if (this.#waiting.size === 0) worker.unref()
        resolve(sent)
      }
      this.#waiting.set(id, settle)
      // Somebody waits: the process must not end before the answer.
      worker.ref()
      const order: Order = { type, id, timeoutMs }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
      worker.postMessage(order)
    })
  }

  #start(): void {
    const startedMs = performance.now()
    const { place, destinations, tuning = {}, quarantineBytesMax } = this.#options
    const task: WorkerTask = {
      place,
      destinations,
      lockToken,
      tuning,
      bell: this.#bell.shared,
      ...(quarantineBytesMax !== undefined && { quarantineBytesMax }),
    }
    const worker = new Worker(this.#url, {
      name: 'fillpath-ship',
      workerData: task,
      // A preload of the bot would start telemetry in here too, and that another worker, and so on.
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
      // The young generation would grow with the bytes that pass through, to as much as the bot's own. With 8 MiB sending
      // is as fast as with 16, with 4 it costs half as much again.
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 },
    })
    this.#worker = worker
    let failure: unknown
    const silentMsMax = tuning.silentMsMax ?? defaultTuning.silentMsMax
    const silent = (): void => {
      failure ??= `no sign of life for ${silentMsMax / 1000} s`
      void worker.terminate()
    }
    const heartbeat = watchHeartbeat(silentMsMax, silent, () => {
      const message = `the worker gives no sign of life and cannot be ended: a file system does not answer it; the records are on disk, and are sent when it does`
      ;(this.#options.onNotice ?? printShipNotice)({
        code: 'worker_failed',
        level: 'error',
        message,
      })
    })
    worker.on('message', (news: News) => {
      heartbeat.beat()
      this.#hear(news)
    })
    worker.on('error', (error) => (failure = error))
    worker.on('exit', (code) => {
      heartbeat.stop()
      if (this.#worker !== worker) return
      this.#worker = undefined
      if (performance.now() - startedMs > healthyMs) this.#backoff.reset()
      this.#fail(failure ?? `exit code ${code}`)
    })
    // Last: a listener for messages counts as work to wait for.
    worker.unref()
  }

  #hear(news: News): void {
    switch (news.type) {
      case 'report':
        this.#current = news.report
        break
      case 'notice':
        ;(this.#options.onNotice ?? printShipNotice)(news.notice)
        break
      case 'spool_notice':
        ;(this.#options.onSpoolNotice ?? printNotice)(news.notice)
        break
      case 'done':
        this.#current = news.report
        this.#waiting.get(news.id)?.(news.sent)
        break
    }
  }

  #fail(reason: unknown): void {
    this.#earlier = this.report()
    this.#current = emptyReport
    for (const settle of this.#waiting.values()) settle(false)
    if (this.#stopped) return
    const restartMs = this.#backoff.nextMs()
    const message = `the worker ended (${String(reason)}); the records are on disk, it is started again in ${Math.round(restartMs)} ms`
    ;(this.#options.onNotice ?? printShipNotice)({ code: 'worker_failed', level: 'error', message })
    this.#restart = setTimeout(() => {
      try {
        this.#start()
      } catch (error) {
        this.#fail(error)
      }
    }, restartMs)
    this.#restart.unref()
  }
}
