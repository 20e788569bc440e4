import { describe, expect, test } from 'vitest'
import { attributes } from '../../src/semconv/attributes.ts'
import { metrics } from '../../src/semconv/metrics.ts'
import { LokiRecords } from '../../src/stack/loki-record.ts'
import { flat } from '../../src/stack/logql.ts'
import { nameOf } from '../../src/stack/names.ts'
import { metricOfSeries } from '../../src/stack/series.ts'
import { guess, valueOf, valueWithin } from '../../src/stack/value.ts'

describe('names that were stored', () => {
  test('every attribute of the registry is known again, and no two are stored as one', () => {
    const names = Object.keys(attributes)
    expect(names.map((name) => nameOf(flat(name)).name)).toEqual(names)
    expect(new Set(names.map(flat)).size).toBe(names.length)
  })

  test('every metric is known again by its series', () => {
    expect(metricOfSeries.size).toBe(Object.keys(metrics).length)
  })

  test('a name within a map, a name of the resource and a name of the bot are told apart', () => {
    expect(nameOf('trading_book_venues_paper_a_bids')).toEqual({
      name: 'trading.book.venues',
      within: 'paper_a_bids',
      isResource: false,
    })
    expect(nameOf('service_instance_id')).toMatchObject({
      name: 'service.instance.id',
      isResource: true,
    })
    expect(nameOf('trading_bot_id')).toMatchObject({ name: 'trading.bot.id', isResource: true })
    expect(nameOf('my_field')).toMatchObject({ name: 'my_field', isResource: false })
  })
})

describe('values that were texts', () => {
  test('the registry says what a value is', () => {
    expect(valueOf('trading.order.price', '43210.50')).toBe('43210.50')
    expect(valueOf('trading.order.id', '881')).toBe('881')
    expect(valueOf('trading.order.attempt', '3')).toBe(3n)
    expect(valueOf('trading.order.price_num', '60000')).toBe(60_000)
    expect(valueOf('trading.slippage.arrival_bps', 'NaN')).toBeNaN()
    expect(valueOf('trading.arb.valid', 'true')).toBe(true)
  })

  test('what it does not know is a number only where its text is written as one', () => {
    const read = ['5', '-3', '312.4', '1e+21', '007', '1.50', '0x10', 'true', '', 'NaN'].map(guess)
    expect(read).toEqual([5n, -3n, 312.4, 1e21, '007', '1.50', '0x10', true, '', 'NaN'])
    expect(guess('99999999999999999999')).toBe('99999999999999999999')
    expect(guess('[["43210.0",1,null]]')).toEqual([['43210.0', 1n, null]])
    expect(guess('[not json')).toBe('[not json')
    // A map would have become a name for each of its values, so this was a text.
    expect(guess('{"a":1}')).toBe('{"a":1}')
  })

  test('a value within a map is what the example of the registry has there', () => {
    expect(valueWithin('trading.hedge.target', 'quantity', '0.010')).toBe('0.010')
    expect(valueWithin('trading.task.config', 'fee_rate_bps', '10')).toBe(10n)
    expect(valueWithin('trading.indicator.state', 'previous', '301.2')).toBe(301.2)
  })
})

test('a book is put together again, under the name that its venue has elsewhere', () => {
  const common = { labels: { service_name: 'bot' } }
  const [, book] = new LokiRecords().of([
    { ...common, timeNs: 1n, line: 'x', metadata: { trading_venue: 'paper-a' } },
    {
      ...common,
      timeNs: 2n,
      line: '',
      metadata: {
        event_name: 'trading.book.snapshot',
        trading_book_sequence: '2',
        trading_book_venues_paper_a_bids: '[["1.0","2"]]',
        trading_book_venues_paper_a_best_bid: '1.0',
        trading_book_venues_paper_a_latency_ms: '9',
      },
    },
  ])
  expect(book).toMatchObject({ eventName: 'trading.book.snapshot', body: null, time: 2n })
  expect(book?.attributes.get('trading.book.venues')).toEqual(
    new Map([
      [
        'paper-a',
        new Map<string, unknown>([
          ['bids', [['1.0', '2']]],
          ['best_bid', '1.0'],
          ['latency_ms', 9n],
        ]),
      ],
    ]),
  )
  expect(book?.resource.attributes.get('service.name')).toBe('bot')
})
