import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { gauge } from '../../grafana/source/dashboards/promql.ts'
import { series } from '../../src/stack/series.ts'
import { filledIn } from './panels.ts'
import { tool } from './tools.ts'

const promtool = tool('promtool')

test.skipIf(!promtool)(
  '[X08] a panel counts a bot that was started again once, and one that goes on all the time',
  () => {
    const of = (bot: string, instance: string): string =>
      `${series('trading.position.open')}{trading_bot_id="${bot}",instance="${instance}",trading_symbol="BTC/USDT",trading_strategy="atr"}`
    const open = filledIn(gauge('sum', 'trading.position.open', ['trading.symbol']), '.*')
    const at = (time: string, value: number): object => ({
      expr: open,
      eval_time: time,
      exp_samples: [{ labels: '{trading_symbol="BTC/USDT"}', value }],
    })
    const folder = mkdtempSync(join(tmpdir(), 'fillpath-restart-'))
    const tests = [
      {
        interval: '15s',
        input_series: [
          // Killed after 2 min with 3 open positions, which its next run takes over.
          { series: of('bot-a', 'a1'), values: '3x8' },
          { series: of('bot-a', 'a2'), values: '_x10 3x20' },
          // Tells it twice a minute.
          { series: of('bot-b', 'b1'), values: '1 _ 1 _ 1 _ 1 _ 1 _ 1 _ 1 _ 1 _ 1 _ 1 _ 1 _ 1' },
        ],
        promql_expr_test: [at('1m', 4), at('2m15s', 4), at('3m30s', 4), at('5m15s', 4)],
      },
    ]
    writeFileSync(join(folder, 'panel.yaml'), stringify({ evaluation_interval: '15s', tests }))
    expect(promtool?.(folder, 'test', 'rules', 'panel.yaml')).toBe('ok')
    rmSync(folder, { recursive: true, force: true })
  },
)
