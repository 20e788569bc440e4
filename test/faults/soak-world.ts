/** The world of the soak: two bots on one folder, a receiver, a disk; and the account of what became of each record. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { channelName } from '../../src/probe/ship/checkpoint-names.ts'
import { openReader } from '../../src/probe/spool/reader.ts'
import { emptySide, readSide } from '../fixtures/faults/side.ts'
import type { Side } from '../fixtures/faults/side.ts'
import { soakLifeSize } from '../fixtures/faults/soaker.ts'
import type { SoakMessage, SoakTask } from '../fixtures/faults/soaker.ts'
import { textsOf } from '../ship-stage.ts'
import { StubCollector } from '../stub-collector.ts'
import type { Tmpfs } from '../tmpfs.ts'
import { Book } from './lives.ts'

const program = join(import.meta.dirname, '../fixtures/faults/soaker.ts')

export const perTurn = { critical: 1, normal: 2, snapshot: 1 }
const nothing = { critical: 0, normal: 0, snapshot: 0 }
const turnRecords = perTurn.critical + perTurn.normal + perTurn.snapshot
/** More than fit into a segment of the soak. */
const segmentRecords = 1000
const pauseMs = 10

/** One bot in a process of its own. */
export class Bot {
  readonly life: number
  readonly child: ChildProcess
  readonly #side: string
  readonly #ended: Promise<unknown>

  constructor(task: SoakTask) {
    this.life = task.life
    this.#side = task.side
    this.child = fork(program, [JSON.stringify(task)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#ended = once(this.child, 'exit')
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** What it has told up to now. */
  told(): Side {
    try {
      return readSide(this.#side)
    } catch {
      return emptySide
    }
  }

  send(message: SoakMessage): void {
    if (this.child.connected) this.child.send(message, () => undefined)
  }

  /** Waits until it writes; false when it died before. */
  async started(): Promise<boolean> {
    while (this.isAlive && this.told().started === 0) await sleep(10)
    return this.isAlive
  }

  async end(how: 'kill' | 'stop'): Promise<void> {
    if (how === 'kill') this.child.kill('SIGKILL')
    else this.send({ kind: 'end' })
    await this.#ended
    if (how === 'stop' && this.child.exitCode !== 0) {
      throw new Error(
        `a bot of the soak ended with ${this.child.exitCode ?? this.child.signalCode}`,
      )
    }
  }
}

/** How a life ended, and what it had told. */
interface EndedLife {
  readonly life: number
  readonly told: Side
  readonly wasKilled: boolean
}

/** What became of all records. */
export interface Outcome {
  readonly lives: number
  readonly accepted: number
  /** Records that were told, and that neither the receiver nor the quarantine has. */
  readonly missing: number
  readonly missingCritical: number
  /** Records that the bots counted as lost, and those they did not take. */
  readonly dropped: number
  readonly droppedCritical: number
  readonly refused: number
  /** At most so many were in the memory of bots that were killed while their disk took nothing. */
  readonly inMemory: number
  readonly inMemoryCritical: number
  /** Records that came and were never written. */
  readonly spurious: number
}

/** See the head of this file. */
export class World {
  readonly book = new Book(soakLifeSize)
  readonly stub: StubCollector
  /** Where a disk can be filled to the byte. */
  readonly disk: Tmpfs | undefined
  readonly #folder: string
  readonly #sides: string
  /** Lives from the bot that is never killed. */
  steady: Bot
  victim: Bot
  readonly #ended: EndedLife[] = []
  #lives = 0

  private constructor(place: WorldPlace, stub: StubCollector, book: Book) {
    this.disk = place.disk
    this.#folder = place.folder
    this.#sides = place.sides
    this.stub = stub
    this.book = book
    this.steady = this.#born()
    this.victim = this.#born()
  }

  static async open(place: WorldPlace): Promise<World> {
    const book = new Book(soakLifeSize)
    const stub = await StubCollector.start({
      taken: (request) => {
        for (const text of textsOf(request)) book.take(text)
      },
    })
    const world = new World(place, stub, book)
    await Promise.all([world.steady.started(), world.victim.started()])
    return world
  }

  /** The victim ends, and lives again. */
  async again(how: 'kill' | 'stop'): Promise<void> {
    await this.#end(this.victim, how)
    this.victim = this.#born()
  }

  /** Everything is well again: the bots end in good order, and another one sends what they left. */
  async settle(): Promise<void> {
    await this.#end(this.victim, 'stop')
    await this.#end(this.steady, 'stop')
    const last = this.#born(nothing)
    if (!(await last.started())) throw new Error('the last bot of the soak did not start')
    while (this.#waiting() > 0) await sleep(100)
    await this.#end(last, 'stop')
  }

  /** What became of the records of all lives. */
  outcome(): Outcome {
    const sums = { accepted: 0, missing: 0, missingCritical: 0, refused: 0 }
    const counted = { dropped: 0, droppedCritical: 0 }
    const memory = { inMemory: 0, inMemoryCritical: 0, spurious: 0 }
    for (const { life, told, wasKilled } of this.#ended) {
      const { critical, normal, snapshot } = this.book.lost(life, told)
      sums.accepted += told.critical + told.normal + told.snapshot - told.refused
      sums.missing += critical + normal + snapshot
      sums.missingCritical += critical
      counted.dropped += told.dropped
      counted.droppedCritical += told.droppedCritical
      sums.refused += told.refused
      memory.spurious += this.book.spurious(life, told, perTurn)
      if (!wasKilled || told.diskRefused === 0) continue
      // What is told of memory and drops is as old as the last turn, in which a segment may have gone.
      memory.inMemory += told.inMemory + turnRecords + segmentRecords
      memory.inMemoryCritical += told.inMemory + perTurn.critical
    }
    return { lives: this.#ended.length, ...sums, ...counted, ...memory }
  }

  takeQuarantine(): number {
    return this.book.takeQuarantine(this.#folder)
  }

  async close(): Promise<void> {
    for (const bot of [this.steady, this.victim]) bot.child.kill('SIGKILL')
    await this.stub.close()
  }

  #born(records: SoakTask['perTurn'] = perTurn): Bot {
    const life = this.#lives
    this.#lives += 1
    const side = join(this.#sides, `side-${life}`)
    const { url } = this.stub
    return new Bot({ folder: this.#folder, side, life, url, perTurn: records, pauseMs })
  }

  async #end(bot: Bot, how: 'kill' | 'stop'): Promise<void> {
    await bot.end(how)
    this.#ended.push({ life: bot.life, told: bot.told(), wasKilled: how === 'kill' })
  }

  /** Records on disk that the receiver does not have. */
  #waiting(): number {
    const channel = channelName(this.stub.url, 'log')
    const place = { root: this.#folder, owner: undefined, boot: undefined }
    const onNotice = (): void => undefined
    const reader = openReader({ place, destinations: [channel], readOnly: true, onNotice })
    const { records } = reader.waiting(channel)
    reader.close()
    return records
  }
}

/** Where a world is. */
export interface WorldPlace {
  readonly folder: string
  /** Folder for what the bots tell: on a disk that is not filled. */
  readonly sides: string
  readonly disk: Tmpfs | undefined
}
