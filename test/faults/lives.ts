/** Bots in processes of their own that are killed, stopped and started again, and an account of what they told. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openReader } from '../../src/probe/spool/reader.ts'
import { priorityClasses } from '../../src/semconv/classes.ts'
import type { PriorityClass } from '../../src/semconv/classes.ts'
import { decodeLogs } from '../../src/wire/otlp-protobuf.ts'
import { emptySide, readSide } from '../fixtures/faults/side.ts'
import type { Side } from '../fixtures/faults/side.ts'
import { lifeSize } from '../fixtures/faults/writer.ts'
import type { WriterTask } from '../fixtures/faults/writer.ts'
import { numberOf, quarantineOf } from '../ship-stage.ts'
import { createRandom } from '../probe/spool/random.ts'
import type { Random } from '../probe/spool/random.ts'
import { seed } from '../seed.ts'

const program = join(import.meta.dirname, '../fixtures/faults/writer.ts')
/** Random numbers of this run, whose seed is printed: `FILLPATH_SEED=n` repeats it. */
export function seeded(): Random {
  console.info(`seed ${seed}`)
  return createRandom(seed)
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-faults-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder that is gone after the test, in memory where the system has such: its faults are injected, its syncs cost nothing. */
export function memoryFolder(): string {
  const memory = '/dev/shm'
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'fillpath-faults-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** One bot in a process of its own. */
export interface Life {
  readonly number: number
  readonly child: ChildProcess
  /** Resolves when it has ended, with its signal. */
  readonly ended: Promise<NodeJS.Signals | null>
  /** What it has told up to now. */
  told(): Side
}

/** Starts a bot. */
export function live(task: Omit<WriterTask, 'side'> & { readonly sides: string }): Life {
  const { sides, ...rest } = task
  const side = join(sides, `side-${task.life}`)
  const child = spawn(process.execPath, [program, JSON.stringify({ ...rest, side })], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit').then(() => child.signalCode)
  const told = (): Side => {
    try {
      return readSide(side)
    } catch {
      return emptySide
    }
  }
  return { number: task.life, child, ended, told }
}

/** What came out of the spools of all lives. */
export class Book {
  /** How often each number came, by class and life; 255 stands for more. */
  readonly #times = new Map<string, Uint8Array>()
  /** Texts that no bot wrote like this. */
  readonly changed: string[] = []
  /** Different records that came out. */
  received = 0
  duplicates = 0
  readonly #lifeSize: number

  /** @param size numbers that one life may give to each class */
  constructor(size = lifeSize) {
    this.#lifeSize = size
  }

  take(text: string): void {
    const number = numberOf(text)
    const recordClass = priorityClasses.find((each) => each === text.split(' ')[1])
    if (number === undefined || recordClass === undefined) {
      this.changed.push(text)
      return
    }
    const life = Math.floor(number / this.#lifeSize)
    const index = number % this.#lifeSize
    const times = this.#of(recordClass, life, index)
    const count = times[index] ?? 0
    times[index] = Math.min(count + 1, 255)
    if (count > 0) this.duplicates += 1
    else this.received += 1
  }

  /** Books everything in a folder whose writers are dead, and deletes it. Returns what was put aside as damaged. */
  drain(folder: string): number {
    const reader = openReader({
      place: { root: folder, owner: undefined, boot: undefined },
      destinations: ['book'],
      onNotice: () => undefined,
    })
    for (;;) {
      const records = reader.next('book', 'backlog', { recordsMax: 5000, bytesMax: 4e6 })
      if (records.length === 0) break
      for (const { payload } of records) this.take(textOfPayload(payload))
      reader.ack('book', records)
      reader.save()
    }
    reader.save()
    reader.close()
    return reader.counts.quarantined
  }

  /** Records that a life told and that did not come out, by class. */
  lost(life: number, told: Side): Record<PriorityClass, number> {
    const lost = { critical: 0, normal: 0, snapshot: 0 }
    for (const recordClass of priorityClasses) {
      const times = this.#of(recordClass, life)
      for (let count = 0; count < told[recordClass]; count += 1) {
        if ((times[count] ?? 0) === 0) lost[recordClass] += 1
      }
    }
    return lost
  }

  /** Records that came out although the life had not got that far, beyond what it may have begun and not told. */
  spurious(life: number, told: Side, underWay: Readonly<Record<PriorityClass, number>>): number {
    let count = 0
    for (const recordClass of priorityClasses) {
      const reached = told[recordClass] + underWay[recordClass]
      count += this.#of(recordClass, life)
        .subarray(reached)
        .filter((times) => times > 0).length
    }
    return count
  }

  /** Books what was put aside because a receiver refused it. Returns how many. */
  takeQuarantine(folder: string): number {
    const refused = quarantineOf(folder).filter(({ note }) => note.reason.startsWith('HTTP'))
    for (const { bytes } of refused) this.take(textOfPayload(bytes))
    return refused.length
  }

  /** A byte for each number of a life, up to `index` at least: maps of millions of numbers have a limit. */
  #of(recordClass: PriorityClass, life: number, index = 0): Uint8Array {
    const key = `${recordClass} ${life}`
    const times = this.#times.get(key)
    if (times !== undefined && index < times.length) return times
    const longer = new Uint8Array(Math.max(1024, 2 * (index + 1)))
    longer.set(times ?? [])
    this.#times.set(key, longer)
    return longer
  }
}

const head = Buffer.from([0x12])

/** The body of an encoded log record. */
function textOfPayload(payload: Uint8Array): string {
  // A record is read as a request with that record alone: resource logs, scope logs, log record.
  const record = field(head, payload)
  const [decoded] = decodeLogs(field(Buffer.from([0x0a]), field(head, record)))
  return typeof decoded?.body === 'string' ? decoded.body : ''
}

function field(tag: Uint8Array, bytes: Uint8Array): Buffer {
  const length: number[] = []
  let rest = bytes.length
  for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80)
  length.push(rest)
  return Buffer.concat([tag, Buffer.from(length), bytes])
}
