import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { assert, asyncProperty, constantFrom, array, string } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { storedFiles } from '../../src/archive/files.ts'
import { asInLine, readLines, readRecords } from '../../src/archive/read.ts'
import { readLinesBack } from '../../src/archive/read-back.ts'
import { storedNow } from '../../src/archive/recent.ts'
import { encodeLine } from '../../src/wire/line.ts'
import { Folder, at, log } from './records.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
  mkdirSync(join(folder.path, 'logs'))
})
afterEach(() => {
  folder.remove()
})

const path = (name: string): string => join(folder.path, name)

async function all(batches: AsyncIterable<string[]>): Promise<string[]> {
  const lines: string[] = []
  for await (const batch of batches) lines.push(...batch)
  return lines
}

const always = (): boolean => true

describe('reading lines', () => {
  test('[B48] gives whole lines, and leaves a half one at the end', async () => {
    writeFileSync(path('a'), 'one\ntwo\n{"hal')
    expect(await all(readLines(path('a')))).toEqual(['one', 'two'])
    writeFileSync(path('empty'), '')
    expect(await all(readLines(path('empty')))).toEqual([])
  })

  test('joins lines over the blocks they are read in', async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `${index} ${'ä€😀'.repeat(index * 700)}`)
    writeFileSync(path('a'), `${lines.join('\n')}\n`)
    expect(await all(readLines(path('a')))).toEqual(lines)
    expect(await all(readLines(path('a'), { contains: ['49 ', '0 '] }))).toEqual(
      lines.filter((line) => line.includes('49 ') || line.includes('0 ')),
    )
  })

  test('finds the lines that hold a text, each once, in the order of the file', async () => {
    const text = string({ unit: constantFrom('a', 'b', '"', '\\', 'é') })
    await assert(
      asyncProperty(array(text), text, text, async (lines, first, second) => {
        const wanted = [first, second].filter((each) => each !== '')
        if (wanted.length === 0) return
        writeFileSync(path('a'), lines.map((line) => `${line}\n`).join(''))
        expect(await all(readLines(path('a'), { contains: wanted }))).toEqual(
          lines.filter((line) => wanted.some((each) => line.includes(each))),
        )
      }),
      { numRuns: 200 },
    )
  })

  test('reads compressed files as they are', async () => {
    writeFileSync(path('a.gz'), gzipSync('one\ntwo\n'))
    expect(await all(readLines(path('a.gz')))).toEqual(['one', 'two'])
  })

  test('finds an id that needs escapes in JSON', async () => {
    const record = log('x', { 'trading.task.id': 'a "quoted" \\ id\n' })
    writeFileSync(path('a'), `${encodeLine(log('y'))}\n${encodeLine(record)}\n`)
    const contains = [asInLine('a "quoted" \\ id\n')]
    expect(await all(readLines(path('a'), { contains }))).toEqual([encodeLine(record)])
  })

  test('[B48] counts lines that are no records, and goes on', async () => {
    writeFileSync(
      path('a'),
      `${encodeLine(log('x'))}\n{"half":\n\0\0\0\n\n${encodeLine(log('y'))}\n`,
    )
    const bad: string[] = []
    const records = []
    for await (const record of readRecords(path('a'), { onBadLine: (line) => bad.push(line) })) {
      records.push(record)
    }
    expect(records).toEqual([log('x'), log('y')])
    expect(bad).toEqual(['{"half":', '\0\0\0'])
  })
})

describe('reading from the end', () => {
  test('gives the lines backwards, whatever the blocks', async () => {
    const lines = Array.from(
      { length: 60 },
      (_, index) => `${index} ${'é'.repeat((index % 7) * 40_000)}`,
    )
    const text = `${lines.join('\n')}\n`
    writeFileSync(path('a'), text)
    expect(await all(readLinesBack(path('a'), Buffer.byteLength(text)))).toEqual(lines.toReversed())
    writeFileSync(path('b'), `${'x'.repeat(2_000_000)}\nlast\n`)
    expect(await all(readLinesBack(path('b'), 2_000_006))).toEqual(['last', 'x'.repeat(2_000_000)])
    expect(await all(readLinesBack(path('b'), 0))).toEqual([])
  })

  test('[A65] gives the last lines that are wanted, over days and archives', async () => {
    mkdirSync(path('archive/logs'), { recursive: true })
    writeFileSync(path('archive/logs/events_20261119.jsonl.gz'), gzipSync('1 a\n2 b\n3 a\n'))
    writeFileSync(path('logs/events_20261120.jsonl'), '4 a\n5 b\n')
    writeFileSync(path('logs/events_20261121.jsonl'), '6 b\n7 a\n8 half')
    const stored = await storedNow(folder.path, 'events')
    expect(await stored.last(3, always)).toEqual(['5 b', '6 b', '7 a'])
    expect(await stored.last(3, (line) => line.endsWith('a'))).toEqual(['3 a', '4 a', '7 a'])
    expect(await stored.last(100, always)).toHaveLength(7)
    expect(await stored.last(0, always)).toEqual([])
    expect(stored.ends.get('logs/events_20261121.jsonl')).toBe(8)
    expect(stored.lastDay).toBe('20261121')
  })

  test('[A65] gives what arrived since an instant, from the files that can hold it', async () => {
    writeFileSync(path('logs/events_20261118.jsonl'), 'old\n')
    writeFileSync(path('logs/events_20261120.jsonl'), 'yesterday\n')
    writeFileSync(path('logs/events_20261121.jsonl'), 'today\n')
    const stored = await storedNow(folder.path, 'events')
    appendFileSync(path('logs/events_20261121.jsonl'), 'too late\n')
    const sinceMs = Number(at(0) / 1_000_000n)
    expect(await all(stored.since(sinceMs, always))).toEqual(['yesterday', 'today'])
  })
})

describe('the files that are there', () => {
  test('are listed by day, and nothing else with them', async () => {
    for (const name of [
      'events_20261121.jsonl',
      'events_20261119.jsonl',
      'events_2026.jsonl',
      'events_20261120.jsonl~',
      'orders_20261120.jsonl',
    ]) {
      writeFileSync(path(`logs/${name}`), '')
    }
    expect((await storedFiles(folder.path, 'events')).map(({ day }) => day)).toEqual([
      '20261119',
      '20261121',
    ])
    expect(await storedFiles(path('nowhere'), 'events')).toEqual([])
  })
})
