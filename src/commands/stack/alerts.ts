import { Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import { folderSettings } from '../../desk/settings.ts'
import { FillpathError } from '../../semconv/error.ts'
import { firedAlerts } from '../../stack/alerts.ts'
import { publishedUrl, serverAt, stackSettings } from '../../stack/servers.ts'
import { tellAnswer } from '../answer-text.ts'
import { addOptions, settingsOf } from '../options.ts'
import { periodOf } from '../period.ts'
import type { FiredAlert } from '../../stack/alerts.ts'
import type { AnswerRow } from '../../desk/store/questions/answer.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'
import type { PeriodOptions } from '../period.ts'

const examples = `
The alerts of the rules that Prometheus evaluates: what fired, about what, from when to when. Without a period, those of
the last 24 hours. Alerts that bots raised themselves have a record each: fillpath query events --type alert.raised.

Exit codes: 0 something fired, 1 nothing fired or Prometheus does not answer, 2 called wrongly.

Examples:
  $ fillpath stack alerts
  $ fillpath stack alerts --days 7 --bot bot-a
  $ fillpath stack alerts --date 2026-01-15 --csv > alerts.csv`

interface AlertsOptions extends PeriodOptions {
  readonly bot?: string
  readonly csv?: boolean
  readonly timeZone?: string
}

const dayMs = 86_400_000

/** `fillpath stack alerts`: the history of alerts. */
export function alertsCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('alerts')
    .description('what fired, and from when to when')
    .option('--from <time>', 'from this date or time on')
    .option('--to <time>', 'up to this date, or before this time')
    .option('--days <number>', 'the last days')
    .option('--date <date>', 'one day')
    .option('--bot <id>', 'only of this bot (trading.bot.id)')
    .option('--json', 'the answer as JSON')
    .option('--csv', 'the answer as CSV')
    .addHelpText('after', examples)
  addOptions(command, folderSettings, ['timeZone'])
  addOptions(command, stackSettings, ['prometheus', 'tenant'])
  return command.action(async (options: AlertsOptions) => {
    const { prometheus, tenant } = settingsOf(stackSettings, { ...options })
    const { timeZone } = settingsOf(folderSettings, { ...options })
    const nowMs = Number(systemClock.wallNs() / 1_000_000n)
    const { fromMs, toMs = nowMs } = periodOf(options, timeZone, nowMs)
    const server = serverAt('prometheus', prometheus ?? publishedUrl('prometheus'), tenant)
    const fired = await firedAlerts(server, {
      fromNs: BigInt(Math.floor(fromMs ?? toMs - dayMs)) * 1_000_000n,
      toNs: BigInt(Math.ceil(toMs)) * 1_000_000n,
    })
    const rows = fired
      .filter(({ about }) => options.bot === undefined || about['trading_bot_id'] === options.bot)
      .map(rowOf)
    if (rows.length === 0) {
      throw new FillpathError('not_found', `nothing fired in ${server.url} in that period`, {
        hint: 'Ask for another period with --days, --date, --from and --to.',
      })
    }
    tellAnswer(output, [{ name: 'alerts', rows }], { csv: options.csv === true, timeZone })
    end(0)
  })
}

function rowOf({ name, severity, about, firedMs, lastMs, isFiring }: FiredAlert): AnswerRow {
  const { trading_bot_id: bot = null, ...rest } = about
  return {
    fired_at: firedMs,
    cleared_at: isFiring ? null : lastMs,
    alert: name,
    severity,
    bot,
    about: Object.entries(rest)
      .map(([key, value]) => `${key.replace(/^trading_/, '')}=${value}`)
      .join(' '),
    duration_s: Math.round((lastMs - firedMs) / 1000),
  }
}
