import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dayListText, daysOfFiles } from '../../src/commands/day-list.ts'

test('days in a row stand together, over the ends of months and years', () => {
  expect(dayListText([])).toBe('')
  expect(dayListText(['20260113'])).toBe('2026-01-13')
  expect(
    dayListText(['20251230', '20251231', '20260101', '20260103', '20260228', '20260301']),
  ).toBe('2025-12-30 to 2026-01-01, 2026-01-03, 2026-02-28 to 2026-03-01')
  expect(dayListText(['20260101', '20260103', '20260105'])).toBe(
    '2026-01-01, 2026-01-03, 2026-01-05',
  )
})

test('of many the first and the newest are named', () => {
  const months = Array.from(
    { length: 11 },
    (_, index) => `2026${String(index + 1).padStart(2, '0')}15`,
  )
  expect(dayListText(months)).toBe(
    '2026-01-15, …, 2026-07-15, 2026-08-15, 2026-09-15, 2026-10-15, 2026-11-15',
  )
})

test('files of each day count once, also those in parts and in the archive', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-days-'))
  try {
    expect(await daysOfFiles(join(folder, 'nowhere'))).toEqual([])
    mkdirSync(join(folder, 'logs'))
    mkdirSync(join(folder, 'archive/logs'), { recursive: true })
    for (const name of [
      'logs/events_20260116.jsonl',
      'logs/events_20260116.1.jsonl',
      'logs/bot_20260117.log',
      'archive/logs/events_20260113.jsonl.gz',
    ]) {
      writeFileSync(join(folder, name), '')
    }
    expect(await daysOfFiles(folder)).toEqual(['20260113', '20260116'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
