import { flowOutcomes, sides, tradingStates } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** Who trades what, and how the flow ended. */
export const flowAttributes = {
  'trading.symbol': {
    type: 'string',
    brief: 'Market, in the ccxt form.',
    example: 'BTC/USDT',
    fix: '55',
    ccxt: 'symbol',
  },
  'trading.venue': {
    type: 'string',
    brief: 'Exchange or broker, lower case.',
    example: 'binance',
    fix: '207',
  },
  'trading.account': {
    type: 'string',
    brief: 'Account at the venue.',
    example: 'hedge-1',
    fix: '1',
  },
  'trading.account_type': {
    type: 'string',
    brief: 'What the account is for.',
    example: 'hedge',
    values: ['primary', 'secondary', 'arbitrage', 'hedge'],
  },
  'trading.strategy': { type: 'string', brief: 'Strategy that decided.', example: 'atr' },
  'trading.mode': {
    type: 'string',
    brief: 'Whether money is at stake.',
    example: 'live',
    values: ['live', 'paper', 'backtest', 'replay'],
  },
  'trading.bot.id': {
    type: 'string',
    brief: 'The bot, on the resource of everything it sends.',
    example: 'hedge-bot-1',
  },
  'trading.state': {
    type: 'string',
    brief: 'What the bot may do: anything, only reduce, nothing.',
    example: 'active',
    values: tradingStates,
  },
  'trading.previous_state': {
    type: 'string',
    brief: 'Trading state before the change.',
    example: 'active',
    values: tradingStates,
  },
  'trading.correlation_id': {
    type: 'string',
    brief:
      'Foreign correlation id; its trace id is the first 16 bytes of its SHA-256, or the id itself when it is 32 hex digits.',
    example: 'sig_abc123',
    id: true,
  },
  'trading.side': {
    type: 'string',
    brief: 'Direction that the signal asks for.',
    example: 'buy',
    values: sides,
    fix: '54',
    ccxt: 'side',
  },
  'trading.flow.outcome': {
    type: 'string',
    brief: 'How the flow ended.',
    example: 'opened',
    values: flowOutcomes,
  },
  'trading.flow.duration_ms': {
    type: 'double',
    brief: 'Signal until the flow ended.',
    example: 412.5,
    unit: 'ms',
  },
  'trading.flow.reason': {
    type: 'string',
    brief: 'Why it was called off, failed or was abandoned.',
    example: 'handle lost',
  },
  'trading.flow.call': {
    type: 'string',
    brief: 'Call that came after the end.',
    example: 'hedge.failed',
  },
} as const satisfies Record<string, AttributeDefinition>
