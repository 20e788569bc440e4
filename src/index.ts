/** The public door: what a bot imports. Nothing of the desk can be reached from here. */

export { start } from './probe/telemetry/start.ts'
export type { Telemetry } from './probe/telemetry/telemetry.ts'
export type {
  DestinationOptions,
  FilesSettings,
  OwnCategory,
} from './probe/telemetry/destinations.ts'
export type {
  ConsoleSettings,
  FileSettings,
  RedactOptions,
  SpoolSettings,
  StartOptions,
} from './probe/telemetry/settings.ts'
export type { PipelineStatus, SignalCount } from './probe/telemetry/pipeline.ts'

export { createFlows } from './probe/flow/flows.ts'
export type { Flows, FlowsOptions } from './probe/flow/handles/flows.ts'
export type { Checks, Detector, Signal, SignalOptions } from './probe/flow/handles/signal.ts'
export type {
  DecimalInput,
  Order,
  OrderChange,
  OrderOptions,
  OrderRejection,
  OrderState,
  OrderStep,
} from './probe/flow/handles/order.ts'
export type {
  Hedge,
  HedgeOptions,
  LegOrderOptions,
  Unwind,
  UnwindOptions,
} from './probe/flow/handles/hedge.ts'
export type {
  LinkedPositionOptions,
  Position,
  PositionClose,
  PositionMark,
  PositionOptions,
  PositionState,
} from './probe/flow/handles/position.ts'
export type {
  ConditionOptions,
  DetectorConditionOptions,
  StandingCondition,
} from './probe/flow/handles/condition.ts'
export type { Task, TaskOptions, TaskResult } from './probe/flow/handles/task.ts'
export type {
  ArbitrageLeg,
  ArbitrageMetrics,
  ArbitrageOptions,
  Book,
  BookLevel,
  Books,
} from './probe/flow/handles/book.ts'
export type {
  AnyUpdate,
  Bust,
  CcxtFee,
  CcxtOrder,
  CcxtTrade,
  Fill,
  FillFee,
  OrderUpdate,
} from './probe/flow/order/update.ts'

export { arbitrageMetrics } from './probe/flow/book.ts'
export { binanceUpdates } from './probe/instrument/venues/binance.ts'
export { bybitUpdates } from './probe/instrument/venues/bybit.ts'
export { ccxtUpdates } from './probe/instrument/venues/ccxt.ts'
export { polymarketUpdates } from './probe/instrument/venues/polymarket.ts'
export { watchFeed } from './probe/instrument/feed.ts'
export type {
  Feed,
  FeedCounts,
  FeedMessage,
  FeedOptions,
  FeedState,
} from './probe/instrument/feed.ts'
export type { FeedSocket } from './probe/instrument/socket.ts'
export { watchService } from './probe/instrument/service.ts'
export type { Service, ServiceOptions } from './probe/instrument/service.ts'

export { logger } from './probe/log/logger.ts'
export type { Logger } from './probe/log/logger.ts'
export { joinWinston, winstonTransport } from './probe/log/join.ts'
export type { JoinOptions } from './probe/log/join.ts'
export type { RepeatSettings } from './probe/log/repeats.ts'
export { logContext } from './probe/log/scope.ts'
export type { LogData, LogScope } from './probe/log/scope.ts'
export { logLevel, setLogLevel } from './probe/log/sinks.ts'
export type { SinkLevel, SinkName } from './probe/log/sinks.ts'
export type { EventExtras, Events } from './probe/log/events.ts'
export type { Level } from './probe/log/levels.ts'

export { raiseAlert } from './probe/event/alert.ts'
export type { OwnAlert } from './probe/event/alert.ts'
export { emit, emitNamed } from './probe/event/emit.ts'
export type { EmitOptions } from './probe/event/emit.ts'

export { FillpathError } from './semconv/error.ts'
export type { ErrorCode } from './semconv/error-codes.ts'
export { events } from './semconv/events.ts'
export type { EventName } from './semconv/events.ts'
export { attributes } from './semconv/attributes.ts'
export type { AttributeName, TradingAttributes } from './semconv/attributes.ts'
export { metrics } from './semconv/metrics.ts'
export type { MetricName } from './semconv/metrics.ts'
export type { Severity } from './semconv/severity.ts'
export type {
  AlertLevel,
  ConditionLevel,
  DenyReason,
  ExitReason,
  FlowOutcome,
  Liquidity,
  OrderEvent,
  OrderOrigin,
  OrderStatus,
  OrderType,
  PositionSide,
  PriceSource,
  RejectReason,
  Settlement,
  Side,
  SignalReason,
  SnapshotTrigger,
  TaskStatus,
  TimeInForce,
  TradingState,
} from './semconv/words.ts'
