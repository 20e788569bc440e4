import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { label } from '../names.ts'
import { seen } from './panels.ts'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'

/** One dashboard: rows of panels, by the title of the row. */
export interface Board {
  /** Its file and the end of its uid, `fillpath-<name>`. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly rows: Readonly<Record<string, readonly Builder<dashboard.Panel>[]>>
}

const prometheus = { type: 'prometheus', uid: 'prometheus' }

function variable(name: string, title: string, query: string): dashboard.QueryVariableBuilder {
  return (
    new dashboard.QueryVariableBuilder(name)
      .label(title)
      .datasource(prometheus)
      .query({ query, refId: name, qryType: 1 })
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.AlphabeticalAsc)
      .includeAll(true)
      .multi(true)
      // `.*` also finds series without the label, for example the zero with which a counter begins.
      .allValue('.*')
      .current({ text: 'All', value: '$__all', selected: true })
  )
}

/** The dashboard as Grafana's file provisioning takes it: classic v1 JSON. */
export function render(board: Board): dashboard.Dashboard {
  const id = label('trading.bot.id')
  const built = new dashboard.DashboardBuilder(board.title)
    .uid(`fillpath-${board.name}`)
    .description(board.description)
    .tags(['fillpath', 'trading'])
    .timezone('browser')
    .time({ from: 'now-30m', to: 'now' })
    .refresh('15s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(variable('bot', 'Bot', `label_values(trading_heartbeat_total, ${id})`))
    .withVariable(
      variable('venue', 'Venue', `label_values({${id}=~"$bot"}, ${label('trading.venue')})`),
    )
    .withVariable(
      variable('symbol', 'Symbol', `label_values({${id}=~"$bot"}, ${label('trading.symbol')})`),
    )
    .withVariable(
      variable(
        'strategy',
        'Strategy',
        `label_values({${id}=~"$bot"}, ${label('trading.strategy')})`,
      ),
    )
    .withVariable(new dashboard.TextBoxVariableBuilder('search').label('Search').defaultValue(''))
    .link(
      seen(
        new dashboard.DashboardLinkBuilder('Trading')
          .type(dashboard.DashboardLinkType.Dashboards)
          .tags(['fillpath'])
          .asDropdown(false)
          .includeVars(true)
          .keepTime(true),
      ),
    )
  for (const [title, panels] of Object.entries(board.rows)) {
    built.withRow(new dashboard.RowBuilder(title))
    for (const panel of panels) built.withPanel(panel)
  }
  const result = built.build()
  // Panel ids are what alert links and bookmarks point to: number them, so that they are stable.
  result.panels?.forEach((panel, index) => {
    panel.id = index + 1
  })
  return result
}
