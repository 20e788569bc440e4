import { describe, expect, test } from 'vitest'
import { layoutOf, type Row } from '../../../src/bot/market/layout.ts'

/** Reads a file of two lines, or of one without a header. */
function read(header: string | undefined, line: string): Row | undefined {
  const first = (header ?? line).split(',')
  return layoutOf(first)?.read(line.split(','))
}

const nine = 1_700_000_000_123_000_000n

describe('layouts', () => {
  const trade = {
    kind: 'trade',
    timeNs: nine,
    id: '42',
    price: '43210.5',
    quantity: '0.01',
    aggressor: 'sell',
  }

  test.each([
    [
      'own trades',
      'time,trade_id,price,quantity,is_buyer_maker',
      '1700000000123,42,43210.50,0.010,true',
    ],
    [
      'own trades by side',
      'trade_id,side,quantity,price,time',
      '42,sell,0.01000000,43210.5,1700000000123',
    ],
    [
      'upper case and other order',
      'Price,QTY,Side,Timestamp,ID',
      '43210.5,0.01,SELL,1700000000123,42',
    ],
    ['Binance spot aggTrades', undefined, '42,43210.50,0.01,100,101,1700000000123,True,True'],
    [
      'Binance spot aggTrades in µs',
      undefined,
      '42,43210.50,0.01,100,101,1700000000123000,True,True',
    ],
    ['Binance futures aggTrades', undefined, '42,43210.5,0.01,100,101,1700000000123,true'],
    [
      'Binance futures aggTrades with header',
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
      '42,43210.5,0.01,100,101,1700000000123,true',
    ],
    ['Binance spot trades', undefined, '42,43210.5,0.01,432.105,1700000000123,True,True'],
    ['Binance futures trades', undefined, '42,43210.5,0.01,432.105,1700000000123,true'],
    [
      'Binance futures trades with header',
      'id,price,qty,quote_qty,time,is_buyer_maker',
      '42,43210.5,0.01,432.105,1700000000123,true',
    ],
    [
      'Tardis trades',
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
      'binance-futures,BTCUSDT,1700000000123000,1700000000130000,42,sell,43210.5,0.01',
    ],
  ])('%s are trades', (_, header, line) => {
    expect(read(header, line)).toEqual(trade)
  })

  test.each([
    ['own quotes', 'time,bid,bid_quantity,ask,ask_quantity', '1700000000123,99.5,1.50,100.5,2'],
    [
      'Tardis quotes',
      'exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount',
      'deribit,BTC,1700000000123000,1700000000130000,2,100.5,99.5,1.5',
    ],
    [
      'Binance bookTicker',
      'update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time',
      '9,99.5,1.5,100.5,2,1700000000123,1700000000125',
    ],
  ])('%s are quotes', (_, header, line) => {
    expect(read(header, line)).toEqual({
      kind: 'quote',
      timeNs: nine,
      bid: ['99.5', '1.5'],
      ask: ['100.5', '2'],
    })
  })

  test('Tardis book snapshots are books; a thin book has empty cells at its end', () => {
    const header =
      'exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount,' +
      'asks[1].price,asks[1].amount,bids[1].price,bids[1].amount'
    expect(read(header, 'x,BTCUSDT,1700000000123000,1700000000125000,101,1,100,2,102,3,,')).toEqual(
      {
        kind: 'book',
        timeNs: nine,
        asks: [
          ['101', '1'],
          ['102', '3'],
        ],
        bids: [['100', '2']],
      },
    )
  })

  test.each([
    [
      'Binance depth',
      'symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu',
      'BTCUSDT,1700000000123,8,9,b,snap,100.0,0.000,-1',
      true,
    ],
    [
      'Tardis incremental_book_L2',
      'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
      'x,BTCUSDT,1700000000123000,9,false,bid,100,0',
      false,
    ],
  ])('%s are pieces of a book', (_, header, line, isSnapshot) => {
    expect(read(header, line)).toMatchObject({
      kind: 'depth',
      timeNs: nine,
      side: 'bid',
      level: ['100', '0'],
      isSnapshot,
    })
  })

  test.each([
    ['seconds', '1700000000'],
    ['seconds with decimals', '1700000000.000000'],
    ['milliseconds', '1700000000000'],
    ['microseconds', '1700000000000000'],
    ['nanoseconds', '1700000000000000000'],
  ])('a time may be in %s', (_, time) => {
    const row = read('time,price,quantity,side', `${time},1,1,buy`)
    expect(row?.timeNs).toBe(1_700_000_000_000_000_000n)
  })

  test.each([
    ['a text for a price', '1700000000123,1,abc,1,true', "price is 'abc', not a number"],
    ['an empty quantity', '1700000000123,1,1,,true', "quantity is '', not a number"],
    ['a negative price', '1700000000123,1,-5,1,true', "price is '-5', not a number"],
    ['a price of zero', '1700000000123,1,0.00,1,true', 'price is 0'],
    [
      'a date for a time',
      '2021-01-08,1,1,1,true',
      "time is '2021-01-08', not seconds, ms, µs or ns since 1970",
    ],
    ['a missing column', '1700000000123,1,1,1', "is_buyer_maker is '', not true or false"],
  ])('%s is told', (_, line, message) => {
    expect(() => read('time,trade_id,price,quantity,is_buyer_maker', line)).toThrow(message)
  })

  test('a crossed quote is told', () => {
    expect(() => read('time,bid,bid_quantity,ask,ask_quantity', '1700000000123,5,1,5,1')).toThrow(
      'bid 5 is not below ask 5',
    )
  })

  test.each([
    ['candles without header', '1700000000000,1,2,1,2,10,1700000059999,10,5,1,1,0'],
    ['other columns', 'open,high,low,close'],
    ['no time', 'price,quantity,side'],
  ])('%s are not known', (_, first) => {
    expect(layoutOf(first.split(','))).toBeUndefined()
  })
})
