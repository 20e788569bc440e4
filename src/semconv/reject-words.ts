import type { RejectReason } from './words.ts'

/**
 * Why a venue said no, from the codes and texts of the venues and the exception classes of ccxt.
 * Codes: Binance spot and futures "error codes", Bybit V5 "error codes" (lists/errors), FIX 103 OrdRejReason;
 * texts: the answers themselves. What is not known is `other`; code and text of the venue are kept beside it.
 */

const binanceCodes: Readonly<Record<string, RejectReason>> = {
  '-1000': 'venue_error',
  '-1001': 'venue_error',
  '-1002': 'permission',
  '-1003': 'rate_limit',
  '-1004': 'permission',
  '-1008': 'rate_limit',
  '-1015': 'rate_limit',
  '-1016': 'market_closed',
  '-1021': 'timestamp',
  '-1022': 'signature',
  '-1100': 'other',
  '-1102': 'other',
  '-1106': 'other',
  '-1109': 'permission',
  '-1111': 'tick_size',
  '-1116': 'other',
  '-1121': 'unknown_symbol',
  '-2011': 'unknown_order',
  '-2013': 'unknown_order',
  '-2014': 'permission',
  '-2015': 'permission',
  '-2018': 'insufficient_balance',
  '-2019': 'insufficient_balance',
  '-2020': 'fok_unfilled',
  '-2021': 'price_out_of_range',
  '-2022': 'reduce_only',
  '-2025': 'max_orders',
  '-2026': 'reduce_only',
  '-2027': 'max_position',
  '-2028': 'leverage',
  '-3041': 'insufficient_balance',
  '-4001': 'price_out_of_range',
  '-4002': 'price_out_of_range',
  '-4003': 'lot_size',
  '-4004': 'lot_size',
  '-4005': 'lot_size',
  '-4013': 'price_out_of_range',
  '-4014': 'tick_size',
  '-4015': 'other',
  '-4016': 'price_out_of_range',
  '-4023': 'lot_size',
  '-4024': 'price_out_of_range',
  '-4028': 'leverage',
  '-4045': 'max_orders',
  '-4046': 'other',
  '-4061': 'other',
  '-4111': 'duplicate_client_id',
  '-4116': 'duplicate_client_id',
  '-4118': 'reduce_only',
  '-4131': 'price_out_of_range',
  '-4140': 'market_closed',
  '-4141': 'market_closed',
  '-4164': 'min_notional',
  '-4192': 'market_closed',
  '-5021': 'fok_unfilled',
  '-5022': 'post_only_would_cross',
}

const bybitCodes: Readonly<Record<string, RejectReason>> = {
  '10001': 'other',
  '10002': 'timestamp',
  '10003': 'permission',
  '10004': 'signature',
  '10005': 'permission',
  '10006': 'rate_limit',
  '10009': 'permission',
  '10010': 'permission',
  '10016': 'venue_error',
  '10018': 'rate_limit',
  '10024': 'region_blocked',
  '10028': 'permission',
  '110001': 'unknown_order',
  '110003': 'price_out_of_range',
  '110004': 'insufficient_balance',
  '110005': 'other',
  '110006': 'insufficient_balance',
  '110007': 'insufficient_balance',
  '110008': 'unknown_order',
  '110009': 'max_orders',
  '110010': 'unknown_order',
  '110011': 'max_position',
  '110012': 'insufficient_balance',
  '110013': 'leverage',
  '110014': 'insufficient_balance',
  '110017': 'reduce_only',
  '110020': 'max_orders',
  '110021': 'max_position',
  '110022': 'max_position',
  '110023': 'reduce_only',
  '110032': 'price_out_of_range',
  '110044': 'insufficient_balance',
  '110045': 'insufficient_balance',
  '110052': 'insufficient_balance',
  '110072': 'duplicate_client_id',
  '110074': 'market_closed',
  '110079': 'unknown_order',
  '110090': 'max_position',
  '110094': 'min_notional',
  '110121': 'price_out_of_range',
  '170124': 'lot_size',
  '170130': 'other',
  '170131': 'insufficient_balance',
  '170132': 'price_out_of_range',
  '170133': 'price_out_of_range',
  '170134': 'tick_size',
  '170135': 'lot_size',
  '170136': 'lot_size',
  '170137': 'lot_size',
  '170139': 'market_closed',
  '170140': 'min_notional',
  '170141': 'duplicate_client_id',
  '170142': 'unknown_order',
  '170143': 'unknown_order',
  '170190': 'price_out_of_range',
  '170193': 'price_out_of_range',
  '170213': 'unknown_order',
  '170217': 'post_only_would_cross',
  '170218': 'post_only_would_cross',
}

/** Bybit `rejectReason` of an order, beside what the texts below catch. */
const bybitReasons: Readonly<Record<string, RejectReason>> = {
  EC_PostOnlyWillTakeLiquidity: 'post_only_would_cross',
  EC_NoImmediateQtyToFill: 'fok_unfilled',
  EC_NoEnoughQtyToFill: 'fok_unfilled',
  EC_CancelForNoFullFill: 'fok_unfilled',
  EC_ReachMaxPendingOrderNum: 'max_orders',
  EC_OrigClOrdIDDoesNotExist: 'unknown_order',
  EC_UnknownOrder: 'unknown_order',
  EC_InvalidSymbolStatus: 'market_closed',
  EC_SelfMatchPrevention: 'self_trade',
  EC_DuplicatedClOrdID: 'duplicate_client_id',
  EC_SecurityStatusSuspended: 'market_closed',
  EC_CancelBySelfTradeProtection: 'self_trade',
  EC_CancelByOrderValueZero: 'min_notional',
}

/** FIX 103 OrdRejReason. */
const fixReasons: Readonly<Record<string, RejectReason>> = {
  '0': 'venue_error',
  '1': 'unknown_symbol',
  '2': 'market_closed',
  '3': 'insufficient_balance',
  '4': 'timestamp',
  '5': 'unknown_order',
  '6': 'duplicate_client_id',
  '8': 'timestamp',
  '13': 'lot_size',
  '15': 'permission',
  '18': 'tick_size',
}

/** Exception classes of ccxt, nearest first; a class that is missing here is judged by its parent. */
const ccxtClasses: Readonly<Record<string, RejectReason>> = {
  InsufficientFunds: 'insufficient_balance',
  OrderNotFound: 'unknown_order',
  OrderNotCached: 'unknown_order',
  OrderImmediatelyFillable: 'post_only_would_cross',
  OrderNotFillable: 'fok_unfilled',
  DuplicateOrderId: 'duplicate_client_id',
  ContractUnavailable: 'market_closed',
  BadSymbol: 'unknown_symbol',
  MarketClosed: 'market_closed',
  RestrictedLocation: 'region_blocked',
  PermissionDenied: 'permission',
  AccountNotEnabled: 'permission',
  AccountSuspended: 'permission',
  AuthenticationError: 'permission',
  ManualInteractionNeeded: 'permission',
  RateLimitExceeded: 'rate_limit',
  DDoSProtection: 'rate_limit',
  InvalidNonce: 'timestamp',
  OnMaintenance: 'market_closed',
}

/** Words in the text of an answer, first match wins. */
const texts: readonly (readonly [RegExp, RejectReason])[] = [
  [
    /post.?only|limit.?maker|immediately match|would cross|crosses (the )?book/i,
    'post_only_would_cross',
  ],
  [/not enough balance|insufficient|exceeds? .*balance|allowance/i, 'insufficient_balance'],
  [/fok|fully filled or killed|couldn'?t be fully filled|fill.?or.?kill/i, 'fok_unfilled'],
  [/notional|lower than the minimum|min(imum)? (order )?(size|value|amount)/i, 'min_notional'],
  [/tick.?size|price_filter/i, 'tick_size'],
  [/lot.?size|step size|precision|quantity .*(less|greater|invalid)/i, 'lot_size'],
  [/reduce.?only/i, 'reduce_only'],
  [/self.?(trade|match)/i, 'self_trade'],
  [
    /duplicat.*(order|client|cl_?ord)|(order|client|cl_?ord|link).*(duplicat|already exists)/i,
    'duplicate_client_id',
  ],
  [/rate.?limit|too many (requests|orders|visits)/i, 'rate_limit'],
  [/region|location|country|geo.?block|restricted/i, 'region_blocked'],
  [
    /order (does not|doesn'?t) exist|unknown order|order.*not found|can'?t be found|already (canceled|matched)/i,
    'unknown_order',
  ],
  [
    /(market|symbol|trading) .*(closed|halted|suspended|not ready|not (yet )?(open|trading)|paused)|orderbook .*does not exist/i,
    'market_closed',
  ],
  [/invalid symbol|unknown symbol|invalid token/i, 'unknown_symbol'],
  [/signature|l1 request headers|l2 auth/i, 'signature'],
  [/timestamp|recvwindow|expiration/i, 'timestamp'],
  [/price.*(limit|range|band|filter|percent|out of|breaks)|percent_price/i, 'price_out_of_range'],
  [/leverage/i, 'leverage'],
  [/position (limit|size)|max(imum)? position/i, 'max_position'],
  [/(max|too many).*orders/i, 'max_orders'],
  [/api.?key|permission|unauthori[sz]ed|forbidden|banned/i, 'permission'],
  [/internal (server )?error|server busy|system (busy|error)|disconnected/i, 'venue_error'],
]

// A whole page of HTML may come as the text of an error.
const textLengthMax = 2000

/** What is known of a reject. */
export interface Rejection {
  /** Lower case; tells whose codes these are. */
  readonly venue?: string | undefined
  readonly code?: string | undefined
  readonly text?: string | undefined
}

/** The typed reason of a venue's reject; `other` when code and text say nothing known. */
export function rejectReasonOf(rejection: Rejection): RejectReason {
  const { venue = '', code } = rejection
  const text = rejection.text?.slice(0, textLengthMax)
  const known = code === undefined ? undefined : codesOf(venue)[code]
  if (known !== undefined && known !== 'other') return known
  const byName = bybitReasons[text ?? ''] ?? bybitReasons[code ?? '']
  if (byName !== undefined) return byName
  // A filter of Binance has one code, -1013, and says which it was in words (Filter failure: LOT_SIZE).
  for (const [pattern, reason] of texts) if (text !== undefined && pattern.test(text)) return reason
  return known ?? 'other'
}

function codesOf(venue: string): Readonly<Record<string, RejectReason>> {
  if (venue.startsWith('binance')) return binanceCodes
  if (venue.startsWith('bybit')) return bybitCodes
  if (venue === 'fix') return fixReasons
  return {}
}

/** The reason that an exception class of ccxt stands for; the names are of the class and its parents, nearest first. */
export function rejectReasonOfClass(names: readonly string[]): RejectReason | undefined {
  for (const name of names) {
    const reason = Object.hasOwn(ccxtClasses, name) ? ccxtClasses[name] : undefined
    if (reason !== undefined) return reason
  }
  return undefined
}
