import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FillpathError } from '../../src/semconv/error.ts'
import {
  dailyFiles,
  dailyPath,
  dayOf,
  indexPath,
  parseDailyPath,
  taskFolderName,
  taskPath,
} from '../../src/wire/paths.ts'
import type { DailyFile } from '../../src/wire/paths.ts'
import { otlpGrpcPort, otlpHttpPort } from '../../src/wire/ports.ts'

const files = Object.keys(dailyFiles) as DailyFile[]

describe('the files of a day', () => {
  test('[A21] stand where the documentation says', () => {
    expect(files.map((file) => dailyPath(file, '20250108'))).toEqual([
      'logs/bot_20250108.log',
      'logs/events_20250108.jsonl',
      'logs/signals_20250108.jsonl',
      'logs/orders_20250108.jsonl',
      'logs/hedges_20250108.jsonl',
      'logs/api_20250108.jsonl',
      'logs/performance_20250108.jsonl',
      'logs/errors_20250108.log',
      'traces/spans_20250108.jsonl',
      'metrics/metrics_20250108.jsonl',
    ])
  })

  test('[A21] the index is a file of no day', () => {
    expect(parseDailyPath(indexPath)).toBeUndefined()
    expect(indexPath).toBe('index.db')
  })

  test('[A21] are known again, also compressed and in the archive', () => {
    for (const file of files) {
      const path = dailyPath(file, '20250108')
      expect(parseDailyPath(path)).toEqual({ file, day: '20250108', part: 0, compressed: false })
      expect(parseDailyPath(`archive/${path}.gz`)).toEqual({
        file,
        day: '20250108',
        part: 0,
        compressed: true,
      })
      const third = dailyPath(file, '20250108', 2)
      expect(parseDailyPath(third)).toEqual({ file, day: '20250108', part: 2, compressed: false })
    }
  })

  test.each([
    'logs/orders_20250108.log',
    'traces/orders_20250108.jsonl',
    'logs/orders_2025010.jsonl',
    'logs/toString_20250108.jsonl',
    '/logs/orders_20250108.jsonl',
    'logs/orders_20250108.jsonl.part',
    'logs/orders_20250108.0.jsonl',
    'index.db',
  ])('%j is none of them', (path) => {
    expect(parseDailyPath(path)).toBeUndefined()
  })
})

describe('the day of a moment', () => {
  test('[A21] is that of UTC, or of the time zone asked for, over its summer time too', () => {
    const ms = Date.parse('2025-03-30T23:30:00Z')
    expect(dayOf(ms)).toBe('20250330')
    expect(dayOf(ms, 'Europe/Berlin')).toBe('20250331')
    expect(dayOf(Date.parse('2025-01-30T22:30:00Z'), 'Europe/Berlin')).toBe('20250130')
    expect(dayOf(ms, 'America/New_York')).toBe('20250330')
    expect(dayOf(ms, 'Asia/Taipei')).toBe('20250331')
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
    expect(dayOf(ms, 'local')).toBe(dayOf(ms, timeZone))
  })

  test('a time zone that there is not is said', () => {
    expect(() => dayOf(0, 'Mars/Olympus')).toThrow(FillpathError)
    expect(() => dayOf(0, 'Mars/Olympus')).toThrow('"Mars/Olympus" is not a time zone')
  })
})

describe('the folder of a task', () => {
  test.each(['arb-BTC-20250108', 'task_1', '1', 'a.b-c_D'])('[B43] %j is its own folder', (id) => {
    expect(taskPath(id, 'events.jsonl')).toBe(`tasks/${id}/events.jsonl`)
  })

  test('[B43] other ids keep what can be read of them', () => {
    expect(taskFolderName('arb BTC/USDT')).toMatch(/^arb_BTC_USDT~[0-9a-f]{12}$/)
    expect(taskFolderName('../../etc')).toMatch(/^_.._etc~[0-9a-f]{12}$/)
    expect(taskFolderName('..')).toMatch(/^~[0-9a-f]{12}$/)
    expect(taskFolderName('.hidden')).toMatch(/^hidden~[0-9a-f]{12}$/)
    expect(taskFolderName('套利任务 1')).toMatch(/^套利任务_1~[0-9a-f]{12}$/)
    expect(taskFolderName('')).toMatch(/^~[0-9a-f]{12}$/)
  })

  test('[B43] no id leaves its folder, breaks a file system or meets another id', () => {
    const ids = fc.uniqueArray(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string()),
      { minLength: 2 },
    )
    fc.assert(
      fc.property(ids, (all) => {
        const names = all.map(taskFolderName)
        expect(new Set(names).size).toBe(all.length)
        expect(names.filter((name) => name.startsWith('.') || /[/\\\p{C}]/u.test(name))).toEqual([])
        expect(Math.max(...names.map((name) => Buffer.byteLength(name)))).toBeLessThanOrEqual(255)
      }),
    )
  })

  test('[B43] an id that looks like a made-up folder gets another one', () => {
    const made = taskFolderName('a b')
    expect(taskFolderName(made)).not.toBe(made)
  })
})

test('the ports are those registered for OTLP', () => {
  expect([otlpGrpcPort, otlpHttpPort]).toEqual([4317, 4318])
})
