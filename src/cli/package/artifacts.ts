/**
 * What a template names by a path beside itself (code, layers, definitions, scripts, further templates) is uploaded, and
 * the template says where, as `aws cloudformation package` and `sam package` do.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, resolve } from 'node:path';
import { type Mapping, type Value, isMapping, parseSource } from '#languages/template/index';
import { CliError, exitCodes } from '../exit.ts';
import { zip } from './archive.ts';

/** Puts bytes under a key of the bucket for artifacts. */
export interface ArtifactStore {
  /** @returns the bucket */
  put(key: string, body: Buffer): Promise<string>;
  /** Where a client reads an object, for `TemplateURL`. */
  urlOf(bucket: string, key: string): string;
}

type Form = 'zip' | 'file' | 'template';
type Place = 'uri' | 'code' | 'definition' | 'url';

interface Artifact {
  /** Names of properties from the top. */
  readonly path: readonly string[];
  readonly form: Form;
  readonly place: Place;
}

const artifacts: Readonly<Record<string, readonly Artifact[]>> = {
  'AWS::Serverless::Function': [{ path: ['CodeUri'], form: 'zip', place: 'uri' }],
  'AWS::Serverless::LayerVersion': [{ path: ['ContentUri'], form: 'zip', place: 'uri' }],
  'AWS::Serverless::StateMachine': [{ path: ['DefinitionUri'], form: 'file', place: 'definition' }],
  'AWS::Lambda::Function': [{ path: ['Code'], form: 'zip', place: 'code' }],
  'AWS::Lambda::LayerVersion': [{ path: ['Content'], form: 'zip', place: 'code' }],
  'AWS::StepFunctions::StateMachine': [{ path: ['DefinitionS3Location'], form: 'file', place: 'definition' }],
  'AWS::Glue::Job': [{ path: ['Command', 'ScriptLocation'], form: 'file', place: 'uri' }],
  'AWS::Serverless::Application': [{ path: ['Location'], form: 'template', place: 'url' }],
  'AWS::CloudFormation::Stack': [{ path: ['TemplateURL'], form: 'template', place: 'url' }],
};
const globalCode: Artifact = { path: ['CodeUri'], form: 'zip', place: 'uri' };

/**
 * @param file path of the template, from whose folder the paths in it go out
 * @param text its content
 * @returns the text to deploy: as it was when nothing had to be uploaded, else JSON
 */
export async function packageTemplate(file: string, text: string, store: ArtifactStore): Promise<string> {
  const packer = new Packer(dirname(resolve(file)), store, [resolve(file)]);
  return packer.pack(text);
}

class Packer {
  readonly #folder: string;
  readonly #store: ArtifactStore;
  /** The templates around this one, itself included. */
  readonly #open: readonly string[];
  #uploads = 0;

  constructor(folder: string, store: ArtifactStore, open: readonly string[]) {
    this.#folder = folder;
    this.#store = store;
    this.#open = open;
  }

  async pack(text: string): Promise<string> {
    const { value } = parseSource(text);
    if (!isMapping(value)) return text;
    const resources: Record<string, Value> = {};
    for (const [name, resource] of Object.entries(isMapping(value['Resources']) ? value['Resources'] : {})) {
      resources[name] = await this.#packResource(resource);
    }
    const withIncludes = (await this.#packIncludes({ ...value, Resources: resources })) as Mapping;
    const packed = await this.#packGlobals(withIncludes);
    return this.#uploads === 0 ? text : JSON.stringify(packed);
  }

  async #packResource(resource: Value): Promise<Value> {
    const type = isMapping(resource) ? resource['Type'] : undefined;
    if (!isMapping(resource) || typeof type !== 'string' || !isMapping(resource['Properties'])) return resource;
    let properties = resource['Properties'];
    for (const artifact of Object.hasOwn(artifacts, type) ? (artifacts[type] ?? []) : []) {
      properties = await this.#replace(properties, artifact, artifact.path);
    }
    return { ...resource, Properties: properties };
  }

  async #packGlobals(template: Mapping): Promise<Mapping> {
    const shared = template['Globals'];
    const functions = isMapping(shared) ? shared['Function'] : undefined;
    if (!isMapping(shared) || !isMapping(functions)) return template;
    const packed = await this.#replace(functions, globalCode, globalCode.path);
    return { ...template, Globals: { ...shared, Function: packed } };
  }

  /** `Fn::Transform: { Name: AWS::Include, Parameters: { Location: ./part.yaml } }`, wherever it stands. */
  async #packIncludes(value: Value): Promise<Value> {
    if (Array.isArray(value)) return Promise.all((value as Value[]).map((item) => this.#packIncludes(item)));
    if (!isMapping(value)) return value;
    if (value['Name'] === 'AWS::Include' && isMapping(value['Parameters'])) {
      const location: Artifact = { path: ['Location'], form: 'file', place: 'uri' };
      return { ...value, Parameters: await this.#replace(value['Parameters'], location, location.path) };
    }
    const members: Record<string, Value> = {};
    for (const [name, member] of Object.entries(value)) members[name] = await this.#packIncludes(member);
    return members;
  }

  async #replace(properties: Mapping, artifact: Artifact, path: readonly string[]): Promise<Mapping> {
    const [name = '', ...rest] = path;
    const value = properties[name];
    if (rest.length > 0) {
      return isMapping(value) ? { ...properties, [name]: await this.#replace(value, artifact, rest) } : properties;
    }
    if (typeof value !== 'string' || /^(?:s3|https?):\/\//.test(value)) return properties;
    return { ...properties, [name]: await this.#upload(value, artifact) };
  }

  async #upload(path: string, { form, place }: Artifact): Promise<Value> {
    const file = isAbsolute(path) ? path : resolve(this.#folder, path);
    if (!existsSync(file)) {
      throw new CliError(
        `The template names ${path}, and there is no ${file}.`,
        exitCodes.notFound,
        'Paths in a template go out from its own folder.',
      );
    }
    const { body, extension } = await this.#read(file, form);
    const key = `${createHash('md5').update(body).digest('hex')}${extension}`;
    const bucket = await this.#store.put(key, body);
    this.#uploads += 1;
    switch (place) {
      case 'uri':
        return `s3://${bucket}/${key}`;
      case 'code':
        return { S3Bucket: bucket, S3Key: key };
      case 'definition':
        return { Bucket: bucket, Key: key };
      case 'url':
        return this.#store.urlOf(bucket, key);
    }
  }

  async #read(file: string, form: Form): Promise<{ body: Buffer; extension: string }> {
    const isFolder = (await stat(file)).isDirectory();
    if (form === 'zip') {
      const isPacked = !isFolder && /\.(?:zip|jar)$/i.test(file);
      return { body: isPacked ? await readFile(file) : await zip(file), extension: '.zip' };
    }
    if (isFolder) throw new CliError(`${file} is a folder where the template needs a file.`, exitCodes.usage);
    if (form === 'file') return { body: await readFile(file), extension: extname(file) };
    if (this.#open.includes(file)) throw new CliError(`The template ${file} contains itself.`, exitCodes.usage);
    const inner = new Packer(dirname(file), this.#store, [...this.#open, file]);
    return { body: Buffer.from(await inner.pack(await readFile(file, 'utf8'))), extension: '.template' };
  }
}
