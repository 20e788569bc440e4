import { by, series } from '../names.ts'
import { limits } from './limits.ts'
import type { AlertRule } from './rule.ts'

const bot = '{trading_bot_id="bot-a"}'
const fired = { trading_bot_id: 'bot-a' }
const beat = series('trading.heartbeat')
const startOf = `max by (trading_bot_id) (last_over_time(${series('trading.run.start_time')}[1d]))`
const endOf = `max by (trading_bot_id) (last_over_time(${series('trading.run.end_time')}[1d]))`
const run = (id: string, instance: string): string =>
  `{trading_bot_id="${id}",instance="${instance}"}`
const at = (venue: string): string => `{trading_bot_id="bot-a",trading_venue="${venue}"}`
const calls = (venue: string): string => `${series('trading.api.duration')}_count${at(venue)}`
const feed = '{trading_bot_id="bot-a",trading_venue="okx",trading_feed_name="user_stream"}'
const quietFeed = '{trading_bot_id="bot-a",trading_venue="binance",trading_feed_name="user_stream"}'
const closedFeed = '{trading_bot_id="bot-a",trading_venue="binance",trading_feed_name="books"}'
const firedFeed = {
  trading_bot_id: 'bot-a',
  trading_venue: 'okx',
  trading_feed_name: 'user_stream',
}

/** The process, its telemetry, its feeds and limits. */
export const healthAlerts: readonly AlertRule[] = [
  {
    name: 'BotSilent',
    severity: 'critical',
    metrics: ['trading.heartbeat', 'trading.run.start_time', 'trading.run.end_time'],
    // Not where the newest run of the bot has ended in good order.
    expression:
      `group by (trading_bot_id) (present_over_time(${beat}[1d])) ` +
      `unless group by (trading_bot_id) (present_over_time(${beat}[2m])) ` +
      `unless (${endOf} >= ${startOf})`,
    for: '0s',
    summary: '{{ $labels.trading_bot_id }} says nothing any more',
    meaning:
      'The bot died, hangs, or cannot reach the Collector. Open orders and positions are unattended. One that was stopped in good order is not meant; for one that is gone for good the alert ends after a day.',
    steps: [
      'Does the process live? `fillpath status` beside it reads its spool and shows its last sign of life.',
      'Dead: its spool holds what it did last; the next start closes the open spans as interrupted and sends all.',
      'Alive: look at the Collector; the records are in the spool and will come.',
    ],
    dashboard: 'health',
    query: '{trading_bot_id="$bot"} | event_name=~"trading.(run|shutdown).+"',
    test: {
      input: [
        { series: beat + run('bot-a', 'a1'), values: '0+1x8 _x100 9+1x40' },
        {
          series: series('trading.run.start_time') + run('bot-a', 'a1'),
          values: '100x8 _x100 100x40',
        },
        // Stopped in good order.
        { series: beat + run('bot-b', 'b1'), values: '0+1x8' },
        { series: series('trading.run.start_time') + run('bot-b', 'b1'), values: '100x8' },
        { series: series('trading.run.end_time') + run('bot-b', 'b1'), values: '_x8 220' },
        // Died, and was stopped in good order after its next start.
        { series: beat + run('bot-c', 'c1'), values: '0+1x8' },
        { series: series('trading.run.start_time') + run('bot-c', 'c1'), values: '100x8' },
        { series: beat + run('bot-c', 'c2'), values: '_x10 0+1x4' },
        { series: series('trading.run.start_time') + run('bot-c', 'c2'), values: '_x10 250x4' },
        { series: series('trading.run.end_time') + run('bot-c', 'c2'), values: '_x14 320' },
        // Stopped in good order, started again, and died with bot-a.
        { series: beat + run('bot-a', 'a0'), values: '0+1x2' },
        { series: series('trading.run.start_time') + run('bot-a', 'a0'), values: '10x2' },
        { series: series('trading.run.end_time') + run('bot-a', 'a0'), values: '_x2 50' },
      ],
      silent: ['2m', '28m'],
      fires: { at: '24m', labels: fired, summary: 'bot-a says nothing any more' },
    },
  },
  {
    name: 'BotCrashed',
    severity: 'critical',
    metrics: ['trading.run.crashes'],
    // The count is there from the first point of the run that found the crash: no increase is seen, only its beginning.
    expression:
      `sum by (trading_bot_id) ((${series('trading.run.crashes')} > 0) ` +
      `unless (${series('trading.run.crashes')} offset 10m > 0)) > 0`,
    for: '0s',
    summary: '{{ $labels.trading_bot_id }} died and was started again',
    meaning:
      'A run ended without saying so: killed, out of memory, or the machine went down. The run after it found that out, ' +
      'and closed what was open as interrupted.',
    steps: [
      '`fillpath query runs` shows when it died, with which commit and configuration, and whether it happens again.',
      'Compare open orders and positions of the venues with the flows that were interrupted: `fillpath query failures`.',
      'Why: the last lines before it (*Logs*), memory and event loop on *Health*, the kernel log for an OOM kill.',
    ],
    dashboard: 'health',
    query: '{trading_bot_id="$bot"} | event_name=~"trading.(run|flow.interrupted).*"',
    test: {
      input: [{ series: series('trading.run.crashes') + bot, values: '0x4 1x120' }],
      silent: ['45s', '14m'],
      fires: { at: '2m', labels: fired, summary: 'bot-a died and was started again' },
    },
  },
  {
    name: 'TelemetryLost',
    severity: 'critical',
    metrics: ['fillpath.spool.dropped'],
    expression: `sum by (trading_bot_id, fillpath_drop_class) (increase(${series('fillpath.spool.dropped')}[10m])) > 0`,
    for: '0s',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $value | printf "%.0f" }} {{ $labels.fillpath_drop_class }} records dropped',
    meaning:
      'The spool was full or could not be written. Snapshots go first; a dropped critical record is a hole in the history.',
    steps: [
      '`fillpath status` on the bot’s machine names the reason: quota, disk full, or an error of the disk.',
      'Free space or raise the quota; writing resumes by itself within a second.',
    ],
    dashboard: 'health',
    query: '{trading_bot_id="$bot"} | event_name="fillpath.records.dropped"',
    test: {
      input: [
        {
          series: `${series('fillpath.spool.dropped')}{trading_bot_id="bot-a",fillpath_drop_class="snapshot"}`,
          values: '0x8 7x80',
        },
      ],
      silent: ['1m30s', '15m'],
      fires: {
        at: '3m',
        labels: { ...fired, fillpath_drop_class: 'snapshot' },
        summary: 'bot-a: 7 snapshot records dropped',
      },
    },
  },
  {
    name: 'TelemetryLate',
    severity: 'warning',
    metrics: ['fillpath.spool.oldest'],
    expression: `max by (trading_bot_id) (${series('fillpath.spool.oldest')}) > ${limits.unsentSeconds}`,
    for: '1m',
    summary:
      '{{ $labels.trading_bot_id }}: records wait {{ $value | humanizeDuration }} in the spool',
    meaning: 'Nothing is lost, but what you see in Grafana is old.',
    steps: [
      'Is the Collector up, and does the bot’s `OTEL_EXPORTER_OTLP_ENDPOINT` point to it?',
      '`fillpath status` shows the last answer of each destination.',
    ],
    dashboard: 'health',
    query: '{trading_bot_id="$bot"} | scope_name="fillpath" | severity_number >= 13',
    test: {
      input: [{ series: series('fillpath.spool.oldest') + bot, values: '0x4 900x10 0x20' }],
      silent: ['1m', '5m'],
      fires: { at: '2m30s', labels: fired, summary: 'bot-a: records wait 15m 0s in the spool' },
    },
  },
  {
    name: 'FeedStale',
    severity: 'critical',
    metrics: ['trading.feed.last_message', 'trading.feed.up'],
    // The age at the time of the sample, not now: a bot that has ended has no stale feeds. 0 is one that it has closed.
    expression:
      `min ${by('trading.venue', 'trading.feed.name')} (timestamp(${series('trading.feed.last_message')}) - (${series('trading.feed.last_message')} > 0)) > ${limits.feedSilentSeconds} ` +
      `unless ${by('trading.venue', 'trading.feed.name').replace('by', 'on')} ${series('trading.feed.up')}{trading_feed_name=~"${limits.quietFeeds}"} == 1`,
    for: '15s',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $labels.trading_feed_name }} of {{ $labels.trading_venue }} silent for {{ $value | humanizeDuration }}',
    meaning: 'The bot trades on old prices, or misses its own fills.',
    steps: [
      'Other feeds of the venue fine? Then reconnect this one. All silent? See the venue’s status page.',
      'After a reconnect compare orders and fills with the venue: what came meanwhile came to nobody.',
    ],
    dashboard: 'orders',
    query: '{trading_bot_id="$bot"} | event_name=~"trading.feed.+"',
    test: {
      input: [
        { series: series('trading.feed.last_message') + feed, values: '0+15x4 60x12 240+15x20' },
        { series: series('trading.feed.up') + feed, values: '1x6 0x10 1x20' },
        // Connected and quiet, because nothing is traded.
        { series: series('trading.feed.last_message') + quietFeed, values: '0x40' },
        { series: series('trading.feed.up') + quietFeed, values: '1x40' },
        { series: series('trading.feed.last_message') + closedFeed, values: '0+15x2 0x40' },
        { series: series('trading.feed.up') + closedFeed, values: '1x2 0x40' },
      ],
      silent: ['1m', '6m'],
      fires: {
        at: '3m30s',
        labels: firedFeed,
        summary: 'bot-a: user_stream of okx silent for 2m 30s',
      },
    },
  },
  {
    name: 'FeedFlapping',
    severity: 'warning',
    metrics: ['trading.feed.disconnects'],
    expression: `sum ${by('trading.venue', 'trading.feed.name')} (increase(${series('trading.feed.disconnects')}[10m])) > ${limits.disconnects}`,
    for: '0s',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $labels.trading_feed_name }} of {{ $labels.trading_venue }} lost {{ $value | printf "%.0f" }} times in 10 min',
    meaning: 'The connection comes and goes. Each gap can hide a fill.',
    steps: [
      'See close codes and reasons in the log. 1006 with heartbeat time-outs points to the network or a blocked event loop.',
    ],
    dashboard: 'orders',
    query: '{trading_bot_id="$bot"} | event_name="trading.feed.disconnected"',
    test: {
      input: [{ series: series('trading.feed.disconnects') + feed, values: '0x4 0+1x10 10x80' }],
      silent: ['1m', '20m'],
      fires: {
        at: '5m',
        labels: firedFeed,
        summary: 'bot-a: user_stream of okx lost 10 times in 10 min',
      },
    },
  },
  {
    name: 'RateLimitNear',
    severity: 'warning',
    metrics: ['trading.api.weight', 'trading.api.weight_limit', 'trading.api.duration'],
    // A bot that calls no more is told no new weight, though the venue's window is long over.
    expression:
      `max ${by('trading.venue')} (${series('trading.api.weight')}) / max ${by('trading.venue')} (${series('trading.api.weight_limit')}) > ${limits.weightRatio} ` +
      `and sum ${by('trading.venue')} (increase(${series('trading.api.duration')}_count[2m])) > 0`,
    for: '30s',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $value | humanizePercentage }} of the rate limit of {{ $labels.trading_venue }} used',
    meaning: 'The venue will soon refuse calls, cancels and hedges among them.',
    steps: [
      'Which operation takes the weight? See *API calls by operation*.',
      'Poll less; move to the WebSocket what can be had there.',
    ],
    dashboard: 'orders',
    query: '{trading_bot_id="$bot"} | event_name="trading.rate_limit.hit"',
    test: {
      input: [
        {
          series: series('trading.api.weight') + at('okx'),
          values: '100x4 1100x10 100x20',
        },
        {
          series: series('trading.api.weight_limit') + at('okx'),
          values: '1200x40',
        },
        { series: calls('okx'), values: '0+5x40' },
        // At its limit, and so it stopped to call.
        { series: series('trading.api.weight') + at('binance'), values: '1190x40' },
        { series: series('trading.api.weight_limit') + at('binance'), values: '1200x40' },
        { series: calls('binance'), values: '400x40' },
      ],
      silent: ['1m', '5m'],
      fires: {
        at: '2m30s',
        labels: { trading_bot_id: 'bot-a', trading_venue: 'okx' },
        summary: 'bot-a: 91.67% of the rate limit of okx used',
      },
    },
  },
  {
    name: 'ErrorsBurst',
    severity: 'warning',
    metrics: ['trading.errors'],
    expression: `sum by (trading_bot_id) (increase(${series('trading.errors')}[5m])) > ${limits.errors}`,
    for: '0s',
    summary: '{{ $labels.trading_bot_id }}: {{ $value | printf "%.0f" }} errors in 5 min',
    meaning: 'The bot runs into the same wall again and again.',
    steps: ['Group them by type on *Logs*; the stack stands in each record.'],
    dashboard: 'logs',
    query: '{trading_bot_id="$bot"} | severity_number >= 17',
    test: {
      input: [{ series: series('trading.errors') + bot, values: '0x4 0+4x8 32x60' }],
      silent: ['1m', '12m'],
      fires: { at: '3m', labels: fired, summary: 'bot-a: 28 errors in 5 min' },
    },
  },
]
