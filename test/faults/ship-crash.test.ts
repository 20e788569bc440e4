import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { numberOf, quarantineOf, textsOf } from '../ship-stage.ts'
import { StubCollector } from '../stub-collector.ts'
import type { StubRequest } from '../stub-collector.ts'
import { note } from './ship-load.ts'
import { isFull } from '../seed.ts'

const program = join(import.meta.dirname, '../fixtures/ship/crasher.ts')
const crashes = isFull ? 50 : 2
const perLife = 200

let folder: string
let stub: StubCollector
let times: Map<number, number>
let spurious: string[]
/** Called when the receiver has a request; the second time when it has answered. */
let onTaken: (request: StubRequest) => void
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-crash-'))
  times = new Map()
  spurious = []
  onTaken = () => undefined
  stub = await StubCollector.start({
    taken(request) {
      for (const text of textsOf(request)) {
        const number = numberOf(text)
        if (number === undefined) spurious.push(text)
        else times.set(number, (times.get(number) ?? 0) + 1)
      }
      onTaken(request)
    },
  })
})
afterEach(async () => {
  await stub.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Life {
  readonly accepted: number[]
  readonly signal: NodeJS.Signals | null
}

/** One life of the bot, which emits the numbers `from … to`. `began` gets the process. */
async function live(
  from: number,
  to: number,
  death: {
    readonly point?: string
    readonly passes?: number
    readonly began?: (child: ChildProcess) => void
  } = {},
): Promise<Life> {
  const { point = 'never', passes = 0, began } = death
  const args = [program, folder, stub.url, String(from), String(to), point, String(passes)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  began?.(child)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const [, signal]: [number | null, NodeJS.Signals | null] = await once(child, 'close').then(
    ([code, name]) => [code, name],
  )
  // A line that is not whole was not told.
  const accepted = text.split('\n').slice(0, -1).map(Number)
  return { accepted, signal }
}

/** What became of the records of a bot that was killed again and again. */
interface Outcome {
  readonly died: number
  readonly accepted: number
  /** Accepted and never delivered. */
  readonly lost: readonly number[]
  /** Delivered and never emitted. */
  readonly spurious: readonly string[]
  readonly quarantined: number
}

/** Lives and dies again and again, then lives to the end. */
async function crashAgainAndAgain(
  name: string,
  die: (crash: number) => Parameters<typeof live>[2],
): Promise<Outcome> {
  const accepted: number[] = []
  let died = 0
  let from = 0
  for (let crash = 0; crash < crashes; crash += 1) {
    const life = await live(from, from + perLife, die(crash))
    accepted.push(...life.accepted)
    if (life.signal === 'SIGKILL') died += 1
    from += perLife
  }
  stub.behave('accept')
  onTaken = () => undefined
  const last = await live(from, from + perLife)
  if (last.signal !== null) throw new Error(`the last life ended with ${last.signal}`)
  accepted.push(...last.accepted)
  const lost = accepted.filter((number) => !times.has(number))
  const duplicates = [...times.values()].reduce((sum, count) => sum + count - 1, 0)
  note(`P13 ${name}`, { crashes: died, accepted: accepted.length, lost: lost.length, duplicates })
  const quarantined = quarantineOf(folder).length
  return { died, accepted: accepted.length, lost, spurious, quarantined }
}

const nothingLost = { lost: [], spurious: [], quarantined: 0 }
const hourMs = 3_600_000

describe('[D05, P1, P2, P13] killed at any step of the way: duplicates, never a loss', () => {
  // The point, and how often it may be passed before it kills: some come with each write, others with each segment.
  test.each([
    ['after a write', 150],
    ['before a segment', 4],
    ['after a segment', 4],
    ['after an fsync', 10],
    ['after the draft of a checkpoint', 10],
    ['before the sync of a checkpoint', 10],
    ['after the sync of a checkpoint', 10],
    ['after a checkpoint', 10],
    ['before an unlink', 3],
    ['after an unlink', 3],
    ['before the sync of a folder', 10],
    ['after the sync of a folder', 10],
  ] as const)(
    '%s',
    async (point, passesMax) => {
      const outcome = await crashAgainAndAgain(point, (crash) => ({
        point,
        passes: Math.floor((crash / crashes) * passesMax),
      }))
      expect(outcome).toMatchObject(nothingLost)
      // A run in which nothing died proves nothing.
      expect(outcome.died).toBeGreaterThanOrEqual(crashes / 2)
      expect(outcome.accepted).toBeGreaterThan(perLife)
    },
    hourMs,
  )

  test(
    'after the request is sent, before the receiver takes it',
    async () => {
      const outcome = await crashAgainAndAgain('before it is taken', (crash) => ({
        began(child) {
          let requests = 0
          // Time for a shipper that counts on the answer to write its checkpoint.
          stub.behave(() => {
            requests += 1
            if (requests <= crash % 3) return 'accept'
            child.kill('SIGKILL')
            return 'hang'
          }, 50)
        },
      }))
      expect(outcome).toMatchObject(nothingLost)
      expect(outcome.died).toBe(crashes)
    },
    hourMs,
  )

  test.each(['before the answer', 'after the answer'])(
    '%s of the receiver',
    async (moment) => {
      const outcome = await crashAgainAndAgain(moment, (crash) => ({
        began(child) {
          let requests = 0
          onTaken = () => {
            requests += 1
            if (requests <= crash % 3) return
            if (moment === 'before the answer') child.kill('SIGKILL')
            else setImmediate(() => child.kill('SIGKILL'))
          }
        },
      }))
      expect(outcome).toMatchObject(nothingLost)
      expect(outcome.died).toBe(crashes)
    },
    hourMs,
  )
})
