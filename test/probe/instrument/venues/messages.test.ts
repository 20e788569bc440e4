import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decimalText } from '../../../../src/base/decimal.ts'
import { originOf } from '../../../../src/probe/flow/foreign.ts'
import type { OrderUpdate } from '../../../../src/probe/flow/order/update.ts'
import { binanceUpdates } from '../../../../src/probe/instrument/venues/binance.ts'
import { bybitUpdates } from '../../../../src/probe/instrument/venues/bybit.ts'
import { polymarketUpdates } from '../../../../src/probe/instrument/venues/polymarket.ts'
import { createFlows } from '../../../../src/probe/flow/flows.ts'

const folder = join(import.meta.dirname, '../../../../../shared/data/messages')

type Read = (message: unknown) => OrderUpdate[]

/** `status event fills @prices liquidity origin`, as far as there are any; `''` is no order message. */
type Expected = Readonly<Record<string, string | readonly string[]>>

const venues: Readonly<Record<string, { readonly read: Read; readonly files: Expected }>> = {
  'binance-futures': {
    read: (message) => binanceUpdates(message),
    files: {
      'account_info_v2.json': '',
      'account_update.json': '',
      'account_update_bnfcr.json': '',
      'agg_trade_stream.json': '',
      'algo_update_canceled.json': 'canceled take_profit_limit "Reduce Only reject"',
      'algo_update_new.json': 'new take_profit_limit',
      'balance.json': '',
      'book_ticker_stream.json': '',
      'depth_update_stream.json': '',
      'kline_stream_closed.json': '',
      'kline_stream_open.json': '',
      // Liquidations of the whole market, not of this account.
      'liquidation_stream.json': '',
      'mark_price_stream.json': '',
      'open_algo_orders.json': 'new stop_market',
      'order_response.json': 'new limit',
      'order_update_adl.json': 'filled calculated limit 0.005@42000.00 taker adl',
      'order_update_calculated.json': 'filled calculated limit 0.014@9910.12 taker liquidation',
      'order_update_calculated_pending.json': 'new calculated limit liquidation',
      'order_update_delivery.json': 'filled trade limit 1@70000.0 taker delivery',
      'order_update_insurance.json': 'filled calculated limit 0.020@45000.00 taker insurance',
      'order_update_new.json': 'new new trailing_stop',
      'order_update_settlement.json': 'filled trade limit 0.010@50000.00 taker settlement',
      'order_update_trade.json': 'partially_filled trade limit 0.001@7100.50 maker',
      'order_update_trade_partial.json': 'partially_filled trade limit 0.001@7100.50 maker',
      'position_risk.json': '',
      'ticker_stream.json': '',
      'trade_lite.json': 'trade 0.001@7100.50 maker',
      'trade_stream.json': '',
    },
  },
  'binance-spot': {
    read: (message) => binanceUpdates(message),
    files: {
      'account_position.json': '',
      'account_position_wrapped.json': '',
      'account_trades_response.json': 'trade 12.00000000@4.00000100 taker',
      'all_orders_response.json': 'new limit',
      'balance_update.json': '',
      'balance_update_wrapped.json': '',
      'cancel_open_orders_response.json': [
        'canceled limit',
        'canceled limit',
        'canceled stop_limit',
        'canceled limit post_only',
      ],
      'cancel_order_response.json': 'canceled limit',
      'execution_report_canceled.json': 'canceled canceled limit',
      'execution_report_expired.json': 'expired expired limit "INSUFFICIENT_LIQUIDITY"',
      'execution_report_new.json': 'new new limit',
      'execution_report_stop_loss.json': 'new new stop_limit',
      'execution_report_trade.json': 'filled trade limit 1.00000000@2500.00000000 maker',
      'execution_report_wrapped.json': 'new new limit',
      'list_status_wrapped.json': '',
      'new_order_full_response.json':
        'filled market 1.00000000@4000.00000000 5.00000000@3999.00000000 2.00000000@3998.00000000 1.00000000@3997.00000000 1.00000000@3995.00000000',
      'open_orders_response.json': 'new limit',
      'order_response.json': 'new limit',
      // Trades of the whole market.
      'trades_response.json': '',
    },
  },
  bybit: {
    read: (message) => bybitUpdates(message),
    files: {
      'http_get_executions.json': ['trade 0.100@50000.00 maker', 'trade 0.500@3000.00 taker'],
      'http_get_order_partially_filled_rejected.json': 'canceled limit "INSUFFICIENT_MARGIN"',
      'http_get_orders_history.json': 'canceled limit "CancelByUser"',
      'http_get_orders_history_with_duplicate.json': ['new limit', 'canceled limit "CancelByUser"'],
      'http_get_orders_realtime.json': ['new limit', 'new limit'],
      'http_get_orders_realtime_tp_sl.json': ['new take_profit_market', 'new stop_limit'],
      'http_get_positions.json': '',
      'http_get_positions_with_open_time.json': '',
      'ws_account_execution.json': 'trade 0.5@95900.1 taker',
      'ws_account_execution_adl.json': 'trade 0.5@95850.0 taker adl',
      'ws_account_execution_fast.json': 'trade 3000@12.015 taker',
      'ws_account_execution_fast_envelope_id.json': '',
      'ws_account_order.json': 'canceled limit "CancelByUser"',
      'ws_account_order_buy_stop_market.json': 'new stop_market',
      'ws_account_order_filled.json': 'filled stop_limit',
      'ws_account_order_limit_if_touched.json': 'new take_profit_limit',
      'ws_account_order_market_if_touched.json': 'new take_profit_market',
      'ws_account_order_partially_filled_rejected.json': 'canceled limit',
      'ws_account_order_sell_market_if_touched.json': 'new take_profit_market',
      'ws_account_order_stop_limit.json': 'new stop_limit',
      'ws_account_order_stop_loss.json': 'new stop_market',
      'ws_account_order_stop_market.json': 'new stop_market',
      'ws_account_order_take_profit.json': 'new take_profit_market',
      'ws_account_position.json': '',
      'ws_account_position_short.json': '',
      'ws_account_position_with_open_time.json': '',
      'ws_account_wallet.json': '',
      'ws_account_wallet_locked_exceeds_total.json': '',
      'ws_account_wallet_small_order.json': '',
    },
  },
  polymarket: {
    read: (message) => polymarketUpdates(message),
    files: {
      'clob_book_response.json': '',
      'clob_fee_rate_response_nonzero.json': '',
      'clob_fee_rate_response_zero.json': '',
      'clob_market_closed_binary_accepting_false.json': '',
      'clob_market_closed_binary_accepting_true.json': '',
      'data_api_positions_response.json': '',
      'data_api_trades_response.json': '',
      'gamma_event.json': '',
      'gamma_market.json': '',
      'gamma_market_closed_binary_accepting_false.json': '',
      'gamma_market_closed_binary_accepting_true.json': '',
      'gamma_market_closed_nonbinary_legacy.json': '',
      'gamma_market_closed_zero_zero_legacy.json': '',
      'gamma_market_sports_market_map_handicap.json': '',
      'gamma_market_sports_market_money_line.json': '',
      'gamma_tags.json': '',
      'http_balance_allowance_collateral.json': '',
      'http_balance_allowance_no_allowance.json': '',
      'http_batch_cancel_response.json': [
        'canceled canceled',
        'canceled canceled',
        'cancel_rejected unknown_order',
      ],
      'http_cancel_response_failed.json': 'cancel_rejected unknown_order',
      'http_cancel_response_ok.json': 'canceled canceled',
      'http_open_order.json': 'partially_filled limit',
      'http_open_order_sell_fok.json': 'filled limit',
      'http_open_orders_page.json': ['new limit', 'partially_filled limit'],
      'http_order_response_error_500.json': 'unknown unknown',
      'http_order_response_failed.json': 'rejected rejected insufficient_balance',
      'http_order_response_ok.json': 'new new',
      // What is sent, not what is said.
      'http_signed_order.json': '',
      'http_trade_report.json': 'trade 25.0000@0.5000 taker confirmed',
      'http_trades_page.json': 'trade 10.0000@0.5000 taker mined',
      'rtds_crypto_prices_subscribe.json': '',
      'rtds_crypto_prices_update.json': '',
      'rtds_equity_prices_subscribe.json': '',
      'rtds_equity_prices_update.json': '',
      'search_response.json': '',
      'ws_book_snapshot.json': '',
      'ws_last_trade.json': '',
      'ws_market_best_bid_ask_msg.json': '',
      'ws_market_book_msg.json': '',
      'ws_market_last_trade_msg.json': '',
      'ws_market_new_market_msg.json': '',
      'ws_market_price_change_msg.json': '',
      'ws_market_resolved_msg.json': '',
      'ws_market_tick_size_msg.json': '',
      'ws_quotes.json': '',
      'ws_tick_size_change.json': '',
      'ws_user_order_cancellation.json': 'canceled canceled limit',
      'ws_user_order_fok_killed.json': `canceled canceled limit "order couldn't be fully filled. FOK orders are fully filled or killed."`,
      'ws_user_order_matched.json': 'filled trade limit',
      'ws_user_order_msg.json': 'new new limit',
      'ws_user_order_placement.json': 'new new limit',
      'ws_user_order_update.json': 'partially_filled trade limit',
      'ws_user_order_venue_cancel.json': 'canceled canceled limit "INVALID"',
      'ws_user_trade.json': 'trade 25.0@0.5 taker confirmed',
      'ws_user_trade_msg.json': 'trade 25.0@0.5 taker confirmed',
    },
  },
}

function told(update: OrderUpdate): string {
  const fills = [...(update.fill ? [update.fill] : []), ...(update.fills ?? [])]
  const origin = originOf(update)
  const words = [
    update.status,
    update.event,
    update.type,
    update.postOnly === true ? 'post_only' : undefined,
    ...fills.map(({ quantity, price }) => `${decimalText(quantity)}@${decimalText(price)}`),
    fills[0]?.liquidity,
    fills[0]?.settlement,
    update.rejectReason,
    update.cancelReason === undefined ? undefined : `"${update.cancelReason}"`,
    origin === 'manual' ? undefined : origin,
  ]
  return words.filter((word) => word !== undefined).join(' ')
}

if (!existsSync(folder)) {
  process.stderr.write(
    `messages.test.ts: skipped, the messages of the venues are not in ${folder}\n`,
  )
}

describe.skipIf(!existsSync(folder))('messages of the venues', () => {
  for (const [venue, { read, files }] of Object.entries(venues)) {
    const load = (file: string): unknown =>
      JSON.parse(readFileSync(join(folder, venue, file), 'utf8'))

    test(`[A26, B11] every message of ${venue} is in the table`, () => {
      expect(readdirSync(join(folder, venue)).sort()).toEqual(Object.keys(files).sort())
    })

    test.each(Object.entries(files))(`[A26, A40, B11] ${venue}/%s says: %s`, (file, expected) => {
      const wanted = expected === '' ? [] : typeof expected === 'string' ? [expected] : expected
      expect(read(load(file)).map(told)).toEqual(wanted)
    })

    test(`[A26] every message of ${venue} can be given to flows, in any state, and never throws`, () => {
      const flows = createFlows({ foreignGraceMs: 0 })
      for (const file of Object.keys(files)) {
        for (const update of read(load(file))) {
          flows.update(update)
          flows.update(update)
        }
      }
      for (const order of flows.open().orders) expect(order.ended).toBe(false)
      flows.close()
    })
  }

  test('[A40] status and event of the venue are kept as they were written', () => {
    const raw: unknown = JSON.parse(
      readFileSync(join(folder, 'binance-futures/order_update_insurance.json'), 'utf8'),
    )
    expect(binanceUpdates(raw)[0]).toMatchObject({
      venueStatus: 'NEW_INSURANCE',
      venueEvent: 'CALCULATED',
      clientOrderId: 'autoclose-insurance-5678',
      orderId: '8887003',
      timeMs: 1568879465651,
      fill: { execId: '12346003', fee: '0.45000000', feeCurrency: 'USDT' },
    })
  })
})

describe('what no file shows', () => {
  test('[A41, X14] an error of Binance is a reject with its reason, or an unknown outcome', () => {
    expect(binanceUpdates({ code: -2019, msg: 'Margin is insufficient.' }).map(told)).toEqual([
      'rejected rejected insufficient_balance',
    ])
    expect(binanceUpdates({ code: -1007, msg: 'Timeout waiting for response' }).map(told)).toEqual([
      'unknown unknown',
    ])
    expect(binanceUpdates({ code: -1013, msg: 'Filter failure: NOTIONAL' })[0]?.rejectReason).toBe(
      'min_notional',
    )
  })

  test('[A42] a cancel of Binance spot is found by the id of the order, not by that of the cancel', () => {
    const [update] = binanceUpdates({
      e: 'executionReport',
      s: 'ETHUSDT',
      c: 'cancel-1',
      C: 'mine-1',
      x: 'CANCELED',
      X: 'CANCELED',
      i: 5,
      l: '0',
      t: -1,
    })
    expect(update).toMatchObject({ clientOrderId: 'mine-1', originalClientOrderId: 'cancel-1' })
  })

  test('[B41] a Polymarket trade in which we made the market fills our own maker orders alone', () => {
    const updates = polymarketUpdates({
      id: 't1',
      taker_order_id: '0xtheirs',
      asset_id: '1',
      side: 'SELL',
      size: '30',
      price: '0.5',
      status: 'MATCHED',
      trader_side: 'MAKER',
      owner: 'me',
      maker_orders: [
        { order_id: '0xmine', owner: 'me', matched_amount: '20', price: '0.51', side: 'BUY' },
        { order_id: '0xother', owner: 'other', matched_amount: '10', price: '0.5', side: 'BUY' },
      ],
    })
    expect(updates).toHaveLength(1)
    expect(updates[0]).toMatchObject({
      orderId: '0xmine',
      side: 'buy',
      fill: {
        execId: 't1',
        quantity: '20',
        price: '0.51',
        liquidity: 'maker',
        settlement: 'matched',
      },
    })
  })

  test.each(['Funding', 'SessionSettlePnL'])('a %s of Bybit is no fill', (execType) => {
    const data = [{ execId: 'x', execType, orderId: '', execQty: '1', execPrice: '100' }]
    expect(bybitUpdates({ topic: 'execution', data })).toEqual([])
  })

  test('[A26] a market order of Bybit to buy at spot says its money, which is no quantity', () => {
    const order = { orderId: '1', orderStatus: 'New', side: 'Buy', orderType: 'Market', qty: '432' }
    const read = (more: object): unknown =>
      bybitUpdates({ topic: 'order', data: [{ ...order, ...more }] })[0]?.quantity
    expect(read({ category: 'spot', marketUnit: '' })).toBeUndefined()
    expect(read({ category: 'linear', marketUnit: 'quoteCoin' })).toBeUndefined()
    expect(read({ category: 'spot', marketUnit: 'baseCoin' })).toBe('432')
    expect(read({ category: 'linear', marketUnit: '' })).toBe('432')
    expect(read({ category: 'spot', marketUnit: '', side: 'Sell' })).toBe('432')
  })

  test('[A26, B11] an order of Polymarket that is matched at once may be so in part, and says how much', () => {
    const answer = { success: true, orderID: '0x1', errorMsg: '', status: 'matched' }
    const [bought] = polymarketUpdates({ ...answer, takingAmount: '5.12', makingAmount: '4.9152' })
    expect(bought).toMatchObject({
      status: 'partially_filled',
      venueStatus: 'matched',
      filledQuantity: '5.12',
      averagePrice: '0.96',
    })
    // For a sell the shares are what is made; a share never costs more than 1.
    const [sold] = polymarketUpdates({ ...answer, takingAmount: '4.9152', makingAmount: '5.12' })
    expect(sold).toMatchObject({ filledQuantity: '5.12', averagePrice: '0.96' })
    expect(polymarketUpdates(answer)[0]).toMatchObject({ status: 'filled' })
    const order = createFlows()
      .signal({ symbol: 'YES', side: 'buy' })
      .order({ venue: 'polymarket', side: 'buy', quantity: '20', price: '0.96' })
    if (bought) order.update(bought)
    expect(order.state).toMatchObject({ status: 'partially_filled', filledQuantity: '5.12' })
    const [whole] = polymarketUpdates({ ...answer, takingAmount: '20', makingAmount: '19.2' })
    if (whole) order.update(whole)
    expect(order.status).toBe('filled')
  })

  test('[A42] an order of Binance spot that was amended goes by its new client id', () => {
    const [update] = binanceUpdates({
      e: 'executionReport',
      x: 'REPLACED',
      X: 'NEW',
      c: 'new-id',
      C: 'old-id',
      i: 12,
      q: '5.00000000',
    })
    expect(update).toMatchObject({
      event: 'replaced',
      clientOrderId: 'new-id',
      originalClientOrderId: 'old-id',
      quantity: '5.00000000',
    })
  })

  test('[B11] an order of Binance futures says why it expired', () => {
    const order = { c: 'a', i: 1, x: 'EXPIRED', X: 'EXPIRED' }
    const why = (er: string): unknown =>
      binanceUpdates({ e: 'ORDER_TRADE_UPDATE', o: { ...order, er } })[0]?.cancelReason
    expect(why('0')).toBeUndefined()
    expect(why('1')).toBe('self_trade_prevention')
    expect(why('11')).toBe('post_only_would_cross')
    expect(why('99')).toBe('99')
  })

  test('[B11] an order that would have traded with another of ours says so', () => {
    const spot = { e: 'executionReport', x: 'TRADE_PREVENTION', X: 'EXPIRED_IN_MATCH', i: 1 }
    const answer = { orderId: 1, status: 'EXPIRED_IN_MATCH', origQty: '1', executedQty: '0' }
    for (const message of [spot, answer]) {
      expect(binanceUpdates(message)[0]).toMatchObject({
        status: 'expired',
        cancelReason: 'self_trade_prevention',
      })
    }
  })

  test('[A26] a stop of Binance futures that expires because it was triggered goes on', () => {
    const flows = createFlows()
    const order = flows.signal({ symbol: 'BTC/USD:BTC', side: 'sell' }).order({
      venue: 'binance',
      side: 'sell',
      type: 'stop_market',
      quantity: '1',
      clientOrderId: 'a',
    })
    const tell = (more: object): void => {
      const o = { s: 'BTCUSD_PERP', c: 'a', S: 'SELL', i: 7, q: '1', z: '0', ...more }
      for (const update of binanceUpdates({ e: 'ORDER_TRADE_UPDATE', o })) flows.update(update)
    }
    tell({ o: 'STOP_MARKET', x: 'NEW', X: 'NEW', er: '0' })
    tell({ o: 'STOP_MARKET', x: 'EXPIRED', X: 'EXPIRED', er: '8' })
    expect(order).toMatchObject({ status: 'triggered', ended: false })
    tell({ o: 'MARKET', ot: 'STOP_MARKET', x: 'NEW', X: 'NEW', er: '0' })
    tell({ o: 'MARKET', x: 'TRADE', X: 'FILLED', l: '1', z: '1', L: '50000', t: 9, er: '0' })
    expect(order.state).toMatchObject({ status: 'filled', fills: 1 })
  })

  test('[X13] a refused duplicate is no proof that the order does not live', () => {
    expect(binanceUpdates({ code: -4116, msg: 'ClientOrderId is duplicated.' }).map(told)).toEqual([
      'unknown unknown duplicate_client_id',
    ])
    expect(
      bybitUpdates({ retCode: 110072, retMsg: 'OrderLinkedID is duplicate', result: {} }).map(told),
    ).toEqual(['unknown unknown duplicate_client_id'])
  })

  test('an acknowledgement of Bybit is not yet an order that works', () => {
    const answer = { retCode: 0, retMsg: 'OK', result: { orderId: '1', orderLinkId: 'a' } }
    expect(bybitUpdates(answer).map(told)).toEqual(['pending_new pending_new'])
    expect(
      bybitUpdates({ retCode: 110007, retMsg: 'ab not enough', result: {} }).map(told),
    ).toEqual(['rejected rejected insufficient_balance'])
  })

  test.each([null, undefined, 1, 'x', [], {}, [null], { e: 'executionReport' }, { data: {} }])(
    'garbage gives no update that could be booked: %j',
    (message) => {
      for (const { read } of Object.values(venues)) {
        for (const update of read(message)) {
          expect(update.orderId).toBeUndefined()
          expect(update.fill).toBeUndefined()
        }
      }
    },
  )
})
