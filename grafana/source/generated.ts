import { grafanaRules, prometheusRules, prometheusRuleTests, runbooks } from './alerts/files.ts'
import { render } from './dashboards/board.ts'
import { flows } from './dashboards/flows.ts'
import { health } from './dashboards/health.ts'
import { hedging } from './dashboards/hedging.ts'
import { logLines } from './dashboards/logs.ts'
import { orders } from './dashboards/orders.ts'
import { pnl } from './dashboards/pnl.ts'

/** Every dashboard. */
export const boards = [flows, orders, hedging, pnl, health, logLines] as const

/** Every file that `npm run grafana` writes: path from the root of the project → text. */
export function generatedFiles(): Record<string, string> {
  const dashboards = boards.map((board) => [
    `grafana/dashboards/${board.name}.json`,
    `${JSON.stringify(render(board), null, 2)}\n`,
  ])
  const ruleTests = Object.entries(prometheusRuleTests('rules.yaml')).map(([name, text]) => [
    `grafana/servers/${name}`,
    text,
  ])
  return {
    ...Object.fromEntries([...dashboards, ...ruleTests]),
    'grafana/servers/rules.yaml': prometheusRules(),
    'grafana/provisioning/alerting/rules.yaml': grafanaRules(),
    'docs/runbooks.md': runbooks(),
  }
}
