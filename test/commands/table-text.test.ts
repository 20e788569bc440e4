import { describe, expect, test } from 'vitest'
import { tableLines } from '../../src/commands/table-text.ts'

const at = (time: string): number => Date.parse(`2026-01-15T${time}Z`)

const rows = [
  { time: at('10:30:15.500'), venue: 'okx', symbol: 'BTC/USDT', price: '43265', ms: 12 },
  { time: at('10:30:16'), venue: 'okx', symbol: 'BTC/USDT', price: null, ms: 9.5 },
]

function text(width: number, of: Parameters<typeof tableLines>[0] = rows): string[] {
  return tableLines(of, 'UTC', width).map((line) => line.text)
}

describe('a table', () => {
  test('with room for everything shows everything, numbers to the right', () => {
    expect(text(80)).toEqual([
      'time                     venue  symbol    price   ms',
      '2026-01-15 10:30:15.500  okx    BTC/USDT  43265   12',
      '2026-01-15 10:30:16.000  okx    BTC/USDT         9.5',
    ])
  })

  test('that is too wide says once what is equal in every row, and the day', () => {
    expect(text(50)).toEqual([
      '2026-01-15 · venue okx · symbol BTC/USDT',
      'time          price   ms',
      '10:30:15.500  43265   12',
      '10:30:16.000         9.5',
    ])
  })

  test('of two days keeps the day in each row', () => {
    const [first = {}] = rows
    const lines = text(50, [first, { ...first, time: Date.UTC(2026, 0, 16) }])
    expect(lines).toEqual([
      'venue okx · symbol BTC/USDT · price 43265 · ms 12',
      'time',
      '2026-01-15 10:30:15.500',
      '2026-01-16 00:00:00.000',
    ])
  })

  test('of equal rows stays a table, cut at the page', () => {
    const [first = {}] = rows
    const lines = text(40, [first, first])
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatch(/^.{39}…$/)
  })

  test('tells what is equal in as many lines as it takes, and gives the room that is left to its end', () => {
    const [first = {}, second = {}] = rows
    const same = { reason: 'insufficient balance at the venue', trace_id: '4bf92f3577b34da6' }
    const message = 'rejected: buy 0.136 BTC/USDT at 43520.5 on paper-b'
    expect(
      text(
        60,
        [first, second].map((row) => ({ ...row, ...same, message })),
      ),
    ).toEqual([
      '2026-01-15 · venue okx · symbol BTC/USDT',
      'reason insufficient balance at the venue',
      'trace_id 4bf92f3577b34da6',
      'message rejected: buy 0.136 BTC/USDT at 43520.5 on paper-b',
      'time          price   ms',
      '10:30:15.500  43265   12',
      '10:30:16.000         9.5',
    ])
    const long = [
      { n: 1, message },
      { n: 2, message: 'x' },
    ]
    expect(text(60, long)[1]).toBe(`1  ${message}`)
    expect(text(50, long)[1]).toBe(`1  ${message.slice(0, 47)}`.slice(0, 49) + '…')
  })

  test('leaves out what is empty in every row and what only programs read', () => {
    expect(text(80, [{ id: 'a', empty: null, none: '', payload: '{}' }])).toEqual(['id', 'a'])
  })

  test('shows no control character of a venue', () => {
    expect(text(80, [{ id: 'a\u001b[2Jb', n: 1 }])).toEqual(['id      n', 'a [2Jb  1'])
  })
})
