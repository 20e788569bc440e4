import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, describe, expect, test, vi } from 'vitest'
import winston from 'winston'
import { joinWinston } from '../../../src/probe/log/join.ts'
import { Repeats } from '../../../src/probe/log/repeats.ts'
import type { RepeatSettings } from '../../../src/probe/log/repeats.ts'
import type { Entry } from '../../../src/probe/log/entry.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'
import type { Recording } from '../../../src/probe/telemetry/testing.ts'

let recording: Recording | undefined
afterEach(async () => {
  await recording?.shutdown()
  recording = undefined
})

class Memory extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, next: () => void): void {
    this.text += String(chunk)
    next()
  }
  linesWith(text: string): string[] {
    return this.text.split('\n').filter((line) => line.includes(text))
  }
}

async function begin(repeats: RepeatSettings | false | undefined): Promise<{
  readonly telemetry: Recording
  readonly console: Memory
}> {
  const stream = new Memory()
  recording = await startRecording({
    console: { stream, colour: false },
    ...(repeats !== undefined && { repeats }),
  })
  recording.clear()
  return { telemetry: recording, console: stream }
}

const all: RepeatSettings = { max: 3, windowMs: 60_000, sinks: 'all' }
const saidBy = (telemetry: Recording): string[] => telemetry.logs().map(({ message }) => message)

describe('a line that repeats', () => {
  test('[X21] by default is shown 100 times, then counted; the receiver gets each', async () => {
    const { telemetry, console } = await begin(undefined)
    const log = telemetry.logger('strategy')
    for (let tick = 0; tick < 4_311; tick += 1) log.info('no book yet', { tick })
    expect(console.linesWith('no book yet')).toHaveLength(100)
    await telemetry.flush()
    const shown = console.linesWith('no book yet')
    expect(shown).toHaveLength(101)
    expect(shown.at(-1)).toMatch(/no book yet \(repeated 4,211 times in \d+ s\)/)
    expect(shown.at(-1)).toMatch(/fillpath\.repeat\.first_at=\S+ .*fillpath\.repeat\.last_at=\S+/)
    const records = telemetry.logs().filter(({ message }) => message === 'no book yet')
    expect(records.map(({ attributes }) => attributes['tick'])).toEqual(
      Array.from({ length: 4_311 }, (_, tick) => tick),
    )
    expect(saidBy(telemetry).some((text) => text.includes('repeated'))).toBe(false)
  })

  test('[X21] is the same by logger, level and text before its values are filled in; fields do not matter', async () => {
    const { telemetry } = await begin(all)
    const log = telemetry.logger('a')
    for (let count = 0; count < 10; count += 1) {
      log.info('order %s waits', `o-${count}`, { count })
      log.warn('order %s waits', `o-${count}`)
      telemetry.logger('b').info('order %s waits', `o-${count}`)
      log.info(`order o-${count} is another text`)
    }
    const texts = saidBy(telemetry)
    expect(texts.filter((text) => text.endsWith('waits'))).toHaveLength(9)
    expect(texts.filter((text) => text.endsWith('another text'))).toHaveLength(10)
    await telemetry.flush()
    const sums = telemetry.logs().filter(({ message }) => message.includes('repeated'))
    expect(sums.map(({ module, level, message }) => [module, level, message])).toEqual([
      ['a', 'info', 'order %s waits (repeated 7 times in 1 s)'],
      ['a', 'warn', 'order %s waits (repeated 7 times in 1 s)'],
      ['b', 'info', 'order %s waits (repeated 7 times in 1 s)'],
    ])
    expect(sums.map(({ attributes }) => attributes['fillpath.repeat.count'])).toEqual([7, 7, 7])
  })

  test('[X21, B51] events and errors are written each time', async () => {
    const { telemetry } = await begin({ ...all, max: 1 })
    const log = telemetry.logger('a')
    for (let count = 0; count < 50; count += 1) {
      log.error('hedge venue refused')
      log.fatal('halted')
      log.events.orderFilled({ orderId: 'o1' })
      telemetry.flows.tradingState(count % 2 === 0 ? 'halted' : 'active', { text: 'state' })
    }
    const counts = Map.groupBy(telemetry.logs(), ({ event, message }) => event || message)
    expect([...counts].map(([what, lines]) => [what, lines.length])).toEqual([
      ['hedge venue refused', 50],
      ['halted', 50],
      ['trading.order.filled', 50],
      ['trading.state.changed', 50],
    ])
  })

  test('[X21] keeps its count over a shutdown, for every sink', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillpath-repeats-'))
    const path = join(folder, 'bot.log')
    try {
      recording = await startRecording({ file: { path }, repeats: all })
      for (let count = 0; count < 20; count += 1) recording.logger('a').warn('slow')
      await recording.shutdown()
      expect(saidBy(recording).filter((text) => text.includes('slow'))).toEqual([
        ...Array.from({ length: 3 }, () => 'slow'),
        'slow (repeated 17 times in 1 s)',
      ])
      const lines = readFileSync(path, 'utf8').split('\n')
      expect(lines.filter((line) => line.includes('slow'))).toHaveLength(4)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('[X21] of a joined winston logger is counted too; what it prints itself is its own affair', async () => {
    const { telemetry } = await begin(all)
    const own = new Memory()
    const log = joinWinston(
      winston.createLogger({
        format: winston.format.combine(winston.format.splat(), winston.format.simple()),
        transports: [new winston.transports.Stream({ stream: own })],
      }),
      { module: 'legacy' },
    )
    for (let count = 0; count < 10; count += 1) log.info('tick %d is late', count, { count })
    await telemetry.flush()
    expect(saidBy(telemetry)).toEqual([
      'tick 0 is late',
      'tick 1 is late',
      'tick 2 is late',
      'tick %d is late (repeated 7 times in 1 s)',
    ])
    expect(own.linesWith('is late')).toHaveLength(10)
  })

  test('[X21, C28] hides the secrets of a text in its sum too', async () => {
    const { telemetry } = await begin(all)
    const log = telemetry.logger('a')
    for (let count = 0; count < 9; count += 1)
      log.info('%s with api_key=abcdef0123456789abcdef', 'x')
    await telemetry.flush()
    expect(saidBy(telemetry).at(-1)).toContain('repeated 6 times')
    expect(saidBy(telemetry).filter((text) => text.includes('abcdef0123456789'))).toEqual([])
  })

  test.each([[false], [{ max: 0 }]] as const)(
    '[X21] is written each time with %j',
    async (repeats) => {
      const { telemetry, console } = await begin(repeats)
      for (let count = 0; count < 500; count += 1) telemetry.logger('a').info('again')
      expect(console.linesWith('again')).toHaveLength(500)
    },
  )

  test('[X21] a setting that cannot be says so', async () => {
    await expect(startRecording({ repeats: { max: -1 } })).rejects.toThrow(/repeats\.max is -1/)
  })
})

describe('the window', () => {
  const line = (seconds: number, message = 'again'): Entry => ({
    time: [seconds, 0],
    severity: 9,
    level: 'info',
    module: 'm',
    event: '',
    message,
    data: {},
    span: undefined,
    traceId: '',
  })

  function counting(max: number): { readonly repeats: Repeats; readonly sums: string[] } {
    const sums: string[] = []
    const settings = { max, windowMs: 60_000, sinks: 'all' } as const
    const repeats = new Repeats(settings, ({ message }) => sums.push(message))
    return { repeats, sums }
  }

  test('[X21] a later line of any kind ends it: counts are told, and lines are written again', () => {
    const { repeats, sums } = counting(2)
    const held = [0, 10, 20, 30, 59.9].map((at) => repeats.holds(line(1_000 + at), 'again'))
    expect(held).toEqual([false, false, true, true, true])
    expect(repeats.holds(line(1_061, 'other'), 'other')).toBe(false)
    expect(sums).toEqual(['again (repeated 3 times in 40 s)'])
    expect(repeats.holds(line(1_062), 'again')).toBe(false)
  })

  test('[X21] time ends it where nothing is logged any more', () => {
    vi.useFakeTimers()
    try {
      const { repeats, sums } = counting(1)
      for (let count = 0; count < 5; count += 1) repeats.holds(line(1_000), 'again')
      vi.advanceTimersByTime(59_000)
      expect(sums).toEqual([])
      vi.advanceTimersByTime(1_000)
      expect(sums).toEqual(['again (repeated 4 times in 1 s)'])
      repeats.close()
      expect(sums).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  })

  test('[X21] a clock that is set back ends it too', () => {
    const { repeats, sums } = counting(1)
    for (let count = 0; count < 3; count += 1) repeats.holds(line(1_000), 'again')
    expect(repeats.holds(line(10), 'again')).toBe(false)
    expect(sums).toEqual(['again (repeated 2 times in 1 s)'])
  })

  test('[X21] texts that hold ids do not eat the memory: beyond 10,000 each is written', () => {
    const { repeats } = counting(1)
    for (let id = 0; id < 10_000; id += 1) repeats.holds(line(1_000), `order ${id}`)
    expect(repeats.holds(line(1_000), 'order 3')).toBe(true)
    expect([1, 2, 3].map(() => repeats.holds(line(1_000), 'one more'))).toEqual([
      false,
      false,
      false,
    ])
  })
})
