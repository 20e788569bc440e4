import { label, series } from '../names.ts'
import type { AlertRule, AlertSeverity } from './rule.ts'

/** The rule for alerts of one level that bots raise themselves. */
function ownAlert(name: string, severity: AlertSeverity): AlertRule {
  const type = label('trading.alert.type')
  const level = `${label('trading.alert.level')}="${severity}"`
  return {
    name,
    severity,
    metrics: ['trading.alerts'],
    expression: `sum by (trading_bot_id, ${type}) (increase(${series('trading.alerts')}{${level}}[5m])) > 0`,
    for: '0s',
    summary: `{{ $labels.trading_bot_id }} raised {{ $labels.${type} }}`,
    meaning: `The bot itself raised an alert of level ${severity}: \`raiseAlert\` in its code. Title, text and data stand in its record.`,
    steps: [
      'Read title, text and data: *Own alerts* on the dashboard, or `fillpath query events --type alert.raised`.',
      'Raised within a flow it has a trace id: open that trace to see what came before.',
    ],
    dashboard: 'health',
    query: `{trading_bot_id="$bot"} | event_name="trading.alert.raised" | ${level}`,
    test: {
      input: [
        {
          series: `${series('trading.alerts')}{trading_bot_id="bot-a",${level},${type}="margin_low"}`,
          values: '0x8 1x60',
        },
        // An alert of another level is not this rule's.
        {
          series: `${series('trading.alerts')}{trading_bot_id="bot-a",${label('trading.alert.level')}="info",${type}="restart"}`,
          values: '0x8 1x60',
        },
      ],
      silent: ['1m30s', '12m'],
      fires: {
        at: '3m',
        labels: { trading_bot_id: 'bot-a', [type]: 'margin_low' },
        summary: 'bot-a raised margin_low',
      },
    },
  }
}

/** Alerts that bots raise themselves: what only their own code can know. */
export const ownAlerts: readonly AlertRule[] = [
  ownAlert('OwnAlertCritical', 'critical'),
  ownAlert('OwnAlert', 'warning'),
]
