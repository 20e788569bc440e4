/**
 * The closed sets of the convention: each word once, in the spelling of FIX and ccxt, lower case.
 * Other spellings are mapped on the way in (aliases.ts); what a venue wrote is kept beside it.
 */

/** FIX 54. */
export const sides = ['buy', 'sell'] as const
/** Buy or sell. */
export type Side = (typeof sides)[number]

/**
 * What holds for an order (FIX 39, with two of our own). `denied`: stopped by the own risk check, never sent.
 * `unknown`: sent, outcome not known; a state of its own until it is reconciled.
 */
export const orderStatuses = [
  'pending_new',
  'new',
  'triggered',
  'partially_filled',
  'filled',
  'pending_cancel',
  'pending_replace',
  'canceled',
  'expired',
  'rejected',
  'denied',
  'unknown',
] as const
/** What holds for an order. */
export type OrderStatus = (typeof orderStatuses)[number]

/** Statuses from which an order does not work on. A late fill may still arrive. */
export const finalOrderStatuses = ['filled', 'canceled', 'expired', 'rejected', 'denied'] as const

/** What happened to an order (FIX 150 ExecType, with `denied`, `unknown` and `reconciled` of our own). */
export const orderEvents = [
  'pending_new',
  'new',
  'triggered',
  'trade',
  'trade_correct',
  'trade_cancel',
  'pending_cancel',
  'cancel_rejected',
  'canceled',
  'pending_replace',
  'replaced',
  'expired',
  'rejected',
  'denied',
  'unknown',
  'reconciled',
  'restated',
  'calculated',
  'order_status',
] as const
/** What happened to an order. */
export type OrderEvent = (typeof orderEvents)[number]

/** FIX 40, ccxt `type`. */
export const orderTypes = [
  'market',
  'limit',
  'stop_market',
  'stop_limit',
  'take_profit_market',
  'take_profit_limit',
  'trailing_stop',
] as const
/** Order type. */
export type OrderType = (typeof orderTypes)[number]

/** FIX 59. Post-only is a flag of its own, also where a venue writes it as a time in force (Binance GTX, ccxt PO). */
export const timesInForce = ['day', 'gtc', 'opening', 'ioc', 'fok', 'gtd', 'close'] as const
/** How long an order works. */
export type TimeInForce = (typeof timesInForce)[number]

/** FIX 851. */
export const liquidities = ['maker', 'taker'] as const
/** Made or took liquidity. */
export type Liquidity = (typeof liquidities)[number]

/** Who sent an order. */
export const orderOrigins = [
  'bot',
  'manual',
  'liquidation',
  'adl',
  'settlement',
  'insurance',
  'delivery',
] as const
/** Who sent an order. */
export type OrderOrigin = (typeof orderOrigins)[number]

/** Typed reasons of a venue reject; the code and text of the venue are kept beside it. */
export const rejectReasons = [
  'insufficient_balance',
  'min_notional',
  'lot_size',
  'tick_size',
  'price_out_of_range',
  'post_only_would_cross',
  'reduce_only',
  'self_trade',
  'fok_unfilled',
  'duplicate_client_id',
  'unknown_order',
  'unknown_symbol',
  'market_closed',
  'rate_limit',
  'max_orders',
  'max_position',
  'leverage',
  'permission',
  'signature',
  'timestamp',
  'region_blocked',
  'venue_error',
  'other',
] as const
/** Why a venue rejected an order. */
export type RejectReason = (typeof rejectReasons)[number]

/** Typed reasons of the own risk check. */
export const denyReasons = [
  'max_position',
  'max_order_quantity',
  'max_notional',
  'max_open_orders',
  'max_daily_loss',
  'max_drawdown',
  'insufficient_balance',
  'price_out_of_band',
  'stale_price',
  'cooldown',
  'rate_limit',
  'trading_halted',
  'trading_reducing',
  'venue_unhealthy',
  'hedge_unavailable',
  'invalid_order',
  'other',
] as const
/** Why the own risk check stopped an order. */
export type DenyReason = (typeof denyReasons)[number]

/** How a signal-to-position flow can end. */
export const flowOutcomes = [
  'opened',
  'denied',
  'rejected',
  'unwound',
  'unwind_failed',
  'expired',
  'canceled',
  'failed',
  'filtered',
  'abandoned',
  'interrupted',
] as const
/** How a flow ended. `abandoned`: nobody ended it. `interrupted`: the process ended before it. */
export type FlowOutcome = (typeof flowOutcomes)[number]

/** nautilus_trader TradingState. */
export const tradingStates = ['active', 'reducing', 'halted'] as const
/** What the bot may do. */
export type TradingState = (typeof tradingStates)[number]

/** Why a signal arose or did not. */
export const signalReasons = [
  'breakout',
  'breakdown',
  'reversal',
  'spread',
  'atr_too_low',
  'velocity_below_threshold',
  'pattern_missing',
  'cooldown',
  'trend_against',
  'spread_too_wide',
  'data_stale',
  'position_open',
  'other',
] as const
/** Why a signal arose or did not. */
export type SignalReason = (typeof signalReasons)[number]

/** How much a condition matters; its lines have this level. */
export const conditionLevels = ['info', 'warn', 'error'] as const
/** How much a condition matters. */
export type ConditionLevel = (typeof conditionLevels)[number]

/** Long or short. */
export const positionSides = ['long', 'short'] as const
/** Long or short. */
export type PositionSide = (typeof positionSides)[number]

/** Why a position was closed. */
export const exitReasons = [
  'stop_loss',
  'take_profit',
  'trailing_stop',
  'signal',
  'timeout',
  'liquidation',
  'adl',
  'manual',
  'shutdown',
  'other',
] as const
/** Why a position was closed. */
export type ExitReason = (typeof exitReasons)[number]

/** ccxt `marginMode`. */
export const marginModes = ['cross', 'isolated'] as const

/** Prices an unrealized result can be computed with. */
export const priceSources = ['mark', 'last', 'mid', 'websocket', 'index'] as const
/** Price that an unrealized result uses. */
export type PriceSource = (typeof priceSources)[number]

/** Polymarket trade states after a match. */
export const settlements = ['matched', 'mined', 'confirmed', 'retrying', 'failed'] as const
/** On-chain state of a match. */
export type Settlement = (typeof settlements)[number]

/** Life of a task. */
export const taskStatuses = [
  'created',
  'started',
  'paused',
  'completed',
  'failed',
  'canceled',
] as const
/** Where a task stands. */
export type TaskStatus = (typeof taskStatuses)[number]

/** What an order-book snapshot was taken for. */
export const snapshotTriggers = [
  'signal',
  'task_created',
  'task_started',
  'order_submit',
  'order_fill',
  'price_guard',
  'hedge_start',
  'unwind_start',
  'position_open',
  'position_close',
  'manual',
] as const
/** What a snapshot was taken for. */
export type SnapshotTrigger = (typeof snapshotTriggers)[number]

/** How much an alert of the bot's own matters. `critical` wakes a person, `warning` waits for the morning. */
export const alertLevels = ['info', 'warning', 'critical'] as const
/** How much an alert matters. */
export type AlertLevel = (typeof alertLevels)[number]

/** State of a WebSocket feed. */
export const feedStates = ['connecting', 'connected', 'stale', 'disconnected'] as const

/** Where a retry stands. */
export const retryStates = ['waiting', 'retrying', 'succeeded', 'given_up'] as const

/** The four states of health. */
export const healthStates = ['healthy', 'degraded', 'unhealthy', 'critical'] as const
