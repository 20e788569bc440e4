import { channels } from '../../grafana/source/stack/channels.ts'
import { anything, byKey, count, duration, flag, like, list, object, oneOf, text } from './shape.ts'
import type { Shape } from './shape.ts'

// Grafana has no program that checks its provisioning files: the shapes of its own parsers, closed, so that a key that
// it would pass over in silence is found.

const orgId: Shape = (value, at) => (value === 1 ? [] : [`${at} is not 1`])
const version: Shape = (value, at) => (value === 1 ? [] : [`${at} is not 1`])
const uid = like(/^[a-zA-Z0-9_-]{1,40}$/)

const dataSource = (jsonData: Shape): Shape =>
  object({
    name: text,
    uid,
    type: text,
    access: oneOf('proxy'),
    url: like(/^http:\/\/[a-z]+:\d+$/),
    'isDefault?': flag,
    jsonData,
  })
const tags = list(object({ key: text, value: text }))
/** Data sources, with the jumps between them. */
export const dataSources = object({
  apiVersion: version,
  datasources: list(
    byKey('type', {
      prometheus: dataSource(
        object({
          timeInterval: duration,
          httpMethod: oneOf('POST', 'GET'),
          exemplarTraceIdDestinations: list(object({ name: text, datasourceUid: uid })),
        }),
      ),
      loki: dataSource(
        object({
          maxLines: count,
          derivedFields: list(
            object({
              name: text,
              matcherType: oneOf('label', 'regex'),
              matcherRegex: text,
              // One `$` and Grafana would fill it in when it reads the file.
              url: like(/^\$\$\{__value\.raw\}$/),
              datasourceUid: uid,
              urlDisplayLabel: text,
            }),
          ),
        }),
      ),
      tempo: dataSource(
        object({
          tracesToLogsV2: object({
            datasourceUid: uid,
            customQuery: flag,
            query: like(/^\{\$\$\{__tags\}\}.*\$\$\{__trace\.traceId\}/),
            tags,
            spanStartTimeShift: duration,
            spanEndTimeShift: duration,
          }),
          tracesToMetrics: object({
            datasourceUid: uid,
            tags,
            spanStartTimeShift: duration,
            spanEndTimeShift: duration,
            queries: list(object({ name: text, query: like(/\{\$\$__tags\}/) })),
          }),
          serviceMap: object({ datasourceUid: uid }),
          nodeGraph: object({ enabled: flag }),
          search: object({ hide: flag }),
          streamingEnabled: object({ search: flag, metrics: flag }),
        }),
      ),
    }),
    3,
  ),
})

/** Where dashboards come from. */
export const providers = object({
  apiVersion: version,
  providers: list(
    object({
      name: text,
      orgId,
      // The folder of the rules. With a uid there would be two of the name, or Grafana refuses the second.
      folder: oneOf('Trading'),
      type: oneOf('file'),
      disableDeletion: flag,
      allowUiUpdates: flag,
      updateIntervalSeconds: count,
      options: object({ path: text, foldersFromFilesStructure: flag }),
    }),
  ),
})

const query = object({
  refId: like(/^[A-Z]$/),
  relativeTimeRange: object({ from: count, to: count }),
  datasourceUid: oneOf('prometheus', '__expr__'),
  model: anything,
})
const models: Readonly<Record<string, Shape>> = {
  prometheus: object({ refId: text, expr: text, instant: flag, range: flag }),
  __expr__: object({ refId: text, type: oneOf('math', 'reduce', 'threshold'), expression: text }),
}
const rule = object({
  uid,
  title: text,
  condition: like(/^[A-Z]$/),
  data: list((value, at) => [
    ...query(value, at),
    ...byKey('datasourceUid', {
      prometheus: (one, where) => modelOf(one, where, 'prometheus'),
      __expr__: (one, where) => modelOf(one, where, '__expr__'),
    })(value, at),
  ]),
  noDataState: oneOf('NoData', 'Alerting', 'OK', 'KeepLast'),
  execErrState: oneOf('Error', 'Alerting', 'OK', 'KeepLast'),
  for: duration,
  'keepFiringFor?': duration,
  dashboardUid: uid,
  annotations: object({ summary: text, description: text, runbook_url: text, query: text }),
  labels: object({ severity: oneOf('critical', 'warning') }),
  isPaused: flag,
})

function modelOf(value: unknown, at: string, source: string): readonly string[] {
  const model: unknown = Reflect.get(Object(value) as object, 'model')
  return models[source]?.(model, `${at}.model`) ?? []
}

/** What is no multiple of its tick, 10 s, Grafana's scheduler refuses, and Grafana does not start. */
const ticks: Shape = (value, at) =>
  typeof value === 'string' && /^(?:[1-9]\d*0s|[1-9]\d*m)$/.test(value)
    ? []
    : [`${at} is ${String(value)}, no multiple of 10 s`]

/** Alert rules. */
export const rules = object({
  apiVersion: version,
  groups: list(
    object({ orgId, name: text, folder: oneOf('Trading'), interval: ticks, rules: list(rule) }),
  ),
})

const message = like(/^\{\{ template "fillpath\.(?:title|message)" \. \}\}$/)
/** Set in the environment of Grafana; an empty one breaks its start. */
const secret = like(/^\$[A-Z_]+$/)
const settings: Readonly<Record<string, Shape>> = {
  telegram: object({ bottoken: secret, chatid: secret, message, parse_mode: oneOf('None') }),
  email: object({ addresses: secret, singleEmail: flag, subject: message, message }),
  slack: object({ url: secret, title: message, text: message }),
  discord: object({ url: secret, title: message, message }),
  webhook: object({ url: secret, httpMethod: oneOf('POST', 'PUT'), maxAlerts: like(/^\d+$/) }),
}
const receivers = Object.fromEntries(
  Object.entries(settings).map(([type, shape]) => [
    type,
    object({ uid, type: text, settings: shape }),
  ]),
)
/** A contact point, of any kind that we have. */
export const contactPoints = object({
  apiVersion: version,
  contactPoints: list(object({ orgId, name: text, receivers: list(byKey('type', receivers)) })),
})

const routing: Readonly<Record<string, Shape>> = {
  receiver: oneOf(...channels.map(({ name }) => name)),
  'group_wait?': duration,
  'group_interval?': duration,
  'repeat_interval?': duration,
}
/** The notification policy. */
export const policyFile = object({
  apiVersion: version,
  policies: list(
    object({
      orgId,
      ...routing,
      group_by: list(text),
      routes: list(
        object({
          ...routing,
          object_matchers: list(list(text, 3)),
          continue: flag,
          'mute_time_intervals?': list(oneOf('night')),
        }),
      ),
    }),
  ),
})

/** What Grafana is to forget: it deletes after it has set the policies of the other files, and after it has reset them. */
export const removalFile = object({
  apiVersion: version,
  'resetPolicies?': list(count),
  deleteContactPoints: list(
    object({ orgId, uid: oneOf(...channels.map((channel) => channel.uid)) }),
  ),
})

const clock = like(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/)
/** Times in which warnings wait. */
export const muteTimes = object({
  apiVersion: version,
  muteTimes: list(
    object({
      orgId,
      name: oneOf('night'),
      time_intervals: list(
        object({ times: list(object({ start_time: clock, end_time: clock })), location: text }),
      ),
    }),
  ),
})
/** What a message says. */
export const templates = object({
  apiVersion: version,
  templates: list(
    object({ orgId, name: text, template: like(/^\{\{ define "fillpath\.title" \}\}/) }),
  ),
})
