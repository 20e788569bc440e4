/** One bot in a process of its own, where it writes, who receives what it sends, and what of it was found. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { channelName } from '../../src/probe/ship/checkpoint-names.ts'
import { openReader } from '../../src/probe/spool/reader.ts'
import type { SpoolReader } from '../../src/probe/spool/reader.ts'
import { decodeLogs } from '../../src/wire/otlp-protobuf.ts'
import { StubCollector } from '../stub-collector.ts'
import type { BotTask } from './bot.ts'
import { isError, numbersIn } from './subjects/subject.ts'

/** What is known when a bot has ended. */
export interface Found {
  /** Lines that were logged: the call had returned. */
  readonly accepted: number
  /** Those of them that are nowhere. */
  readonly lost: readonly number[]
  /** Those of the lost ones that are errors. */
  readonly lostErrors: number
  /** Lines that were logged after that and are nowhere either. */
  readonly lostAfter: number
  /** What was said on the console after the first line was logged. */
  readonly said: string
}

const program = join(import.meta.dirname, 'bot.ts')
const patienceMs = 30_000

/** A place for the lives of one bot: a folder, a receiver, an account. */
export class Site {
  readonly collector: StubCollector
  readonly #root = mkdtempSync(join(tmpdir(), 'fillpath-survival-'))
  readonly #folder: string
  readonly #received: Set<number>
  readonly #children = new Set<ChildProcess>()
  #said = ''

  private constructor(collector: StubCollector, received: Set<number>, folder?: string) {
    this.collector = collector
    this.#received = received
    this.#folder = folder ?? join(this.#root, 'files')
    mkdirSync(this.#folder, { recursive: true })
  }

  /** @param folder where the bot writes; one of its own when it is left out */
  static async open(folder?: string): Promise<Site> {
    const received = new Set<number>()
    const collector = await StubCollector.start({
      taken({ path, body }) {
        if (!path.endsWith('/v1/logs')) return
        for (const { body: text } of decodeLogs(body)) {
          if (typeof text !== 'string') continue
          for (const number of numbersIn(text)) received.add(number)
        }
      },
    })
    return new Site(collector, received, folder)
  }

  /** Starts a bot and waits until it logs. */
  async start(task: Pick<BotTask, 'subject'> & Partial<BotTask>): Promise<ChildProcess> {
    const whole: BotTask = {
      folder: this.#folder,
      url: this.collector.url,
      side: join(this.#root, 'told'),
      perSecond: 1000,
      forMs: 1500,
      burst: 0,
      end: 'never',
      handlesSigterm: false,
      ...task,
    }
    const child = spawn(process.execPath, [program, JSON.stringify(whole)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.add(child)
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.#said += String(chunk)))
    }
    while (child.exitCode === null && child.signalCode === null && this.told(whole.side) < 0) {
      await sleep(20)
    }
    if (this.told(whole.side) < 0) throw new Error(`no bot with ${task.subject}: ${this.#said}`)
    if (this.#children.size === 1) this.#said = ''
    return child
  }

  /** How many lines the bot has logged; −1 before it begins. */
  told(side = join(this.#root, 'told')): number {
    try {
      const told = new Float64Array(1)
      const bytes = readFileSync(side)
      if (bytes.length < told.byteLength) return -1
      new Uint8Array(told.buffer).set(bytes)
      return told[0] ?? -1
    } catch {
      return -1
    }
  }

  /** Waits until the bot has logged so many lines. */
  async logged(lines: number): Promise<void> {
    while (this.told() < lines) await sleep(20)
  }

  /** Starts the bot once more, as after a crash, without a line of its own, until its spool has nothing more to send. */
  async startAgain(subject: string): Promise<void> {
    const side = join(this.#root, 'told again')
    const child = await this.start({ subject, side, perSecond: 0, handlesSigterm: true })
    while (this.#waiting() > 0) await sleep(100)
    child.kill('SIGTERM')
    await this.ended(child)
  }

  /** Records in the spool that the receiver does not have. */
  #waiting(): number {
    const channel = channelName(this.collector.url, 'log')
    const reader = this.#reader(channel)
    const { records } = reader.waiting(channel)
    reader.close()
    return records
  }

  /** Waits for the end of a bot, and for what was still on its way. Who waits longer is killed, as by a supervisor. */
  async ended(child: ChildProcess): Promise<void> {
    const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    clearTimeout(impatience)
    await sleep(300)
  }

  /** What became of the lines from `from` up to `to`. */
  found(from = 0, to = this.told()): Found {
    const written = globSync('*.log', { cwd: this.#folder })
      .map((name) => readFileSync(join(this.#folder, name), 'utf8'))
      // A line that is not whole is no line.
      .flatMap((text) => numbersIn(text.slice(0, text.lastIndexOf('\n') + 1)))
    const there = new Set([...this.#received, ...written])
    const lostIn = (first: number, end: number): number[] =>
      Array.from({ length: end - first }, (_, index) => first + index).filter(
        (number) => !there.has(number),
      )
    const lost = lostIn(from, to)
    const lostAfter = lostIn(to, this.told()).length
    const said = withoutReport(this.#said)
    return { accepted: to - from, lost, lostErrors: lost.filter(isError).length, lostAfter, said }
  }

  /** As {@link Site.found}, with what waits in the spool of a dead bot. */
  foundWithSpool(): Found {
    const reader = this.#reader('look')
    for (const { payload } of reader.next('look', 'backlog', { recordsMax: 1e6, bytesMax: 1e9 })) {
      for (const number of numbersIn(Buffer.from(payload).toString())) this.#received.add(number)
    }
    reader.close()
    return this.found()
  }

  /** Reads the spool, and changes nothing. */
  #reader(channel: string): SpoolReader {
    const place = { root: this.#folder, owner: undefined, boot: undefined }
    const onNotice = (): void => undefined
    return openReader({ place, destinations: [channel], readOnly: true, onNotice })
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await this.collector.close()
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** What was printed, but for what Node itself says of exceptions and of its own use. */
function withoutReport(text: string): string {
  return text
    .replaceAll(/^\S*bot\.ts:\d+\n[\s\S]*?^Node\.js v\S+$/gm, '')
    .replaceAll(/^\(node:\d+\) \w*Warning: .*$|^\(Use `node --trace-warnings.*$/gm, '')
    .trim()
}
