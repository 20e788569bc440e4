import { by, label, series } from '../names.ts'
import { limits } from './limits.ts'
import type { AlertRule } from './rule.ts'

const service = label('trading.service.name')

/** What the bot depends on. */
export const serviceAlerts: readonly AlertRule[] = [
  {
    name: 'ServiceUnreachable',
    severity: 'critical',
    metrics: ['trading.service.up'],
    expression: `min ${by('trading.service.name')} (${series('trading.service.up')}) == 0`,
    for: limits.serviceAway,
    summary: `{{ $labels.trading_bot_id }} does not reach {{ $labels.${service} }}`,
    meaning:
      'A venue or another service that the bot depends on does not answer. What was sent to it may have arrived or not.',
    steps: [
      'Do other bots reach it? *Services* on the dashboard tells. One bot alone: its network, its DNS, a banned address.',
      'Nobody reaches it: see its status page. Open orders there cannot be canceled; hedge elsewhere or close by hand.',
      'When it is back: does each order of unknown outcome become known? See *Unknown outcome* on *Orders and venues*.',
    ],
    dashboard: 'health',
    query: '{trading_bot_id="$bot"} | event_name=~"trading.service.+"',
    test: {
      input: [
        {
          series: `${series('trading.service.up')}{trading_bot_id="bot-a",${service}="okx"}`,
          values: '1x3 0x8 1x20',
        },
      ],
      silent: ['1m', '5m'],
      fires: {
        at: '1m45s',
        labels: { trading_bot_id: 'bot-a', [service]: 'okx' },
        summary: 'bot-a does not reach okx',
      },
    },
  },
]
