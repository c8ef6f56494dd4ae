import { join } from 'node:path';
import type { Capability } from '#capability';
import type { Credential, Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Logs } from '#logs';
import { functionOperations } from './api/functions.ts';
import { invokeOperations } from './api/invoke.ts';
import { layerOperations } from './api/layers.ts';
import { mappingOperations } from './api/mappings.ts';
import { asyncOperations, concurrencyOperations, permissionOperations, tagOperations } from './api/settings.ts';
import { urlOperations } from './api/urls.ts';
import { versionOperations } from './api/versions.ts';
import { CodeDownloads } from './code/code-downloads.ts';
import { CodeStore } from './code/code-store.ts';
import { LayerFolders } from './code/layer-folders.ts';
import { Functions } from './functions.ts';
import { AsyncInvocations } from './invoke/async-invocations.ts';
import { Invocations } from './invoke/invocations.ts';
import { Layers } from './layers.ts';
import { Mappings } from './mappings/mappings.ts';
import { functionResources } from './resources/index.ts';
import { Interpreters } from './runtime/interpreter.ts';
import { Launcher } from './runtime/launcher.ts';
import { Pool } from './runtime/pool.ts';
import { RoleCredentials } from './runtime/role-credentials.ts';
import { RuntimeApi } from './runtime/runtime-api.ts';
import { FunctionSettings } from './settings.ts';
import { isCodeUsed } from './store/functions.ts';
import { Urls } from './url/urls.ts';

export interface FunctionsConfig {
  /** The program that runs python3.* functions. */
  readonly pythonPath: string;
  /** `auto`, `bubblewrap` or `process`. */
  readonly sandbox: string;
  /** Sandboxes at once. */
  readonly concurrency: number;
  /** An idle sandbox ends after this time. */
  readonly idleMs: number;
}

export interface FunctionsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
  readonly logs: Logs;
  readonly dispatcher: Dispatcher;
  /** Who signs requests to a function's address. */
  readonly findCredential: (accessKeyId: string) => Credential | undefined;
  /** Base URL for clients on this machine; where functions find the platform. */
  readonly endpoint: () => string;
  /** The process's environment, of which functions get the search path only. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly config: FunctionsConfig;
}

export function createFunctions(parts: FunctionsParts): { capability: Capability } {
  const { state, clock, logs, dispatcher, endpoint, environment, config } = parts;
  const log = parts.log.with({ part: 'functions' });
  const folder = join(parts.dataDir, 'functions');
  const codes = new CodeStore(folder);
  const layerFolders = new LayerFolders(join(folder, 'layers'), codes);
  const runtimeApi = new RuntimeApi();
  const credentials = new RoleCredentials(dispatcher, clock);
  const launcher = new Launcher({
    clock,
    log,
    logs,
    codes,
    layers: layerFolders,
    interpreters: new Interpreters(config.pythonPath, environment),
    credentials,
    runtimeApi,
    endpoint,
    folder: join(folder, 'sandboxes'),
    sandbox: config.sandbox,
    hostPath: environment['PATH'],
  });
  const pool = new Pool({ clock, log, sandboxesMax: config.concurrency, idleMs: config.idleMs });
  const functions = new Functions({
    state,
    clock,
    codes,
    retire: (scope, name, version) => {
      const prefix = version === undefined ? `${scope} ${name} ` : `${scope} ${name} ${version} `;
      pool.retire((key) => key.startsWith(prefix));
    },
  });
  const layers = new Layers(state, clock, codes);
  const invocations = new Invocations({ functions, launcher, pool, clock });
  const asyncInvocations = new AsyncInvocations({
    state,
    clock,
    log,
    functions,
    invocations,
    dispatcher,
    concurrency: config.concurrency,
  });
  const downloads = new CodeDownloads(codes, clock);
  const settings = new FunctionSettings(state, clock, functions);
  const mappings = new Mappings({ state, clock, log, functions, invocations, dispatcher });
  const urls = new Urls({ state, clock, log, functions, invocations, findCredential: parts.findCredential });
  const operations = {
    ...functionOperations({ functions, layers, dispatcher, credentials, downloads }),
    ...invokeOperations({ functions, invocations, asyncInvocations }),
    ...versionOperations(functions),
    ...layerOperations(layers, dispatcher, downloads),
    ...permissionOperations(settings),
    ...asyncOperations(settings),
    ...concurrencyOperations(functions),
    ...tagOperations(functions, mappings),
    ...mappingOperations(functions, mappings),
    ...urlOperations(urls),
  };
  const capability: Capability = {
    name: 'functions',
    apis: [{ service: 'lambda', operations }],
    resources: functionResources(layers),
    routes: [downloads.route, urls.route],
    async start() {
      await Promise.all([codes.clearStaging(), layerFolders.clear(), launcher.clear()]);
      await codes.sweep((codeId) => isCodeUsed(state.reader, codeId));
      asyncInvocations.start();
      mappings.start();
    },
    async stop() {
      await mappings.stop();
      await asyncInvocations.stop();
      await pool.close();
      await runtimeApi.close();
    },
    health() {
      const { idle, busy } = pool.sizes;
      const isolation = launcher.isolation?.detail ?? 'no function has run yet';
      return { ok: true, detail: `${isolation}; ${busy} sandboxes busy, ${idle} idle` };
    },
  };
  return { capability };
}
