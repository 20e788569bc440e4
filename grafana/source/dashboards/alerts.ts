import { label } from '../names.ts'
import { history, lines, list, records } from './panels.ts'
import { gauge, legend, quantile, rate } from './promql.ts'
import type { Board } from './board.ts'

const bot = label('trading.bot.id')
// What an alert is about: `""` is a label that it does not have, as those of the machine have no bot.
const ofBot = `${bot}=~"$bot|"`

/** What fires, what fired, what the bots themselves raised, and what they do not reach. */
export const alertRows: Board['rows'] = {
  Alerts: [
    list({
      title: 'Firing now',
      description:
        'Alerts of the rules in Prometheus; the runbook of each stands in docs/runbooks.md.',
      unit: 'short',
      query: { expression: `ALERTS{alertstate="firing",${ofBot}}` },
    }),
    lines({
      title: 'Own alerts by type',
      description: 'Alerts that the bots raised themselves.',
      unit: 'cps',
      width: 12,
      queries: [
        {
          expression: rate('trading.alerts', ['trading.alert.level', 'trading.alert.type']),
          legend: legend('trading.alert.level', 'trading.alert.type'),
        },
      ],
    }),
    history({
      title: 'Alert history',
      description:
        'When each alert was pending and when it fired, for as long as Prometheus keeps its data.',
      query: {
        // Pending 1, firing 2.
        expression:
          `max by (alertname, severity, ${bot}) ` +
          `(ALERTS{alertstate="pending",${ofBot}} or ALERTS{alertstate="firing",${ofBot}} * 2)`,
        legend: `{{alertname}} {{${bot}}}`,
      },
      states: { 1: { text: 'pending', color: 'orange' }, 2: { text: 'firing', color: 'red' } },
    }),
    records({
      title: 'Own alerts',
      description: 'Title, text and data; each leads to the trace that it was raised in.',
      query: `{${bot}=~"$bot"} | event_name="trading.alert.raised"`,
      width: 24,
      height: 8,
    }),
  ],
  Services: [
    lines({
      title: 'Services',
      description: '1 while the bot reaches it.',
      unit: 'short',
      queries: [
        {
          expression: gauge('min', 'trading.service.up', ['trading.service.name']),
          legend: legend('trading.service.name'),
        },
      ],
    }),
    lines({
      title: 'Answers of services',
      description: '99th percentile of the time until the answer.',
      unit: 's',
      queries: [
        {
          expression: quantile(0.99, 'trading.service.duration', ['trading.service.name']),
          legend: legend('trading.service.name'),
        },
      ],
    }),
    lines({
      title: 'Checks without an answer',
      description: 'By service and kind of error.',
      unit: 'cps',
      queries: [
        {
          expression: rate('trading.service.misses', ['trading.service.name', 'error.type']),
          legend: legend('trading.service.name', 'error.type'),
        },
      ],
    }),
  ],
}
