import type { Cors, FunctionUrlConfig, Lambda } from '@aws-sdk/client-lambda';
import type { HandlersOf } from '#gateway';
import { functionArn, latest, parseFunctionRef } from '../function-name.ts';
import { urlOf, type CorsRules, type FunctionUrl } from '../url/function-url.ts';
import type { Urls } from '../url/urls.ts';
import { lambdaTime } from './wire.ts';

export function urlOperations(urls: Urls): HandlersOf<Lambda> {
  return {
    async CreateFunctionUrlConfig(input, { scope, endpoint }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      const settings = {
        streams: input.InvokeMode === 'RESPONSE_STREAM',
        auth: input.AuthType ?? 'NONE',
        ...(input.Cors !== undefined && { cors: corsOf(input.Cors) }),
      };
      return wireUrl(await urls.create(ref, settings), endpoint);
    },
    async UpdateFunctionUrlConfig(input, { scope, endpoint }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      const change = (before: FunctionUrl) => {
        const cors = input.Cors === undefined ? before.cors : corsOf(input.Cors);
        const streams = input.InvokeMode === undefined ? before.streams : input.InvokeMode === 'RESPONSE_STREAM';
        return { auth: input.AuthType ?? before.auth, streams: streams ?? false, ...(cors !== undefined && { cors }) };
      };
      return wireUrl(await urls.update(ref, change), endpoint);
    },
    GetFunctionUrlConfig(input, { scope, endpoint }) {
      return wireUrl(urls.get(parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier)), endpoint);
    },
    ListFunctionUrlConfigs(input, { scope, endpoint }) {
      const found = urls.list(parseFunctionRef(input.FunctionName ?? '', scope));
      return { FunctionUrlConfigs: found.map((url) => wireUrl(url, endpoint)) };
    },
    async DeleteFunctionUrlConfig(input, { scope }) {
      await urls.delete(parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier));
      return {};
    },
  };
}

function corsOf(cors: Cors): CorsRules {
  return {
    ...(cors.AllowCredentials !== undefined && { allowCredentials: cors.AllowCredentials }),
    ...(cors.AllowHeaders !== undefined && { allowHeaders: cors.AllowHeaders }),
    ...(cors.AllowMethods !== undefined && { allowMethods: cors.AllowMethods }),
    ...(cors.AllowOrigins !== undefined && { allowOrigins: cors.AllowOrigins }),
    ...(cors.ExposeHeaders !== undefined && { exposeHeaders: cors.ExposeHeaders }),
    ...(cors.MaxAge !== undefined && { maxAgeSeconds: cors.MaxAge }),
  };
}

function wireUrl(url: FunctionUrl, endpoint: string): FunctionUrlConfig {
  const { scope, name, qualifier, cors } = url;
  return {
    FunctionUrl: urlOf(url, endpoint),
    FunctionArn: functionArn(scope, name, qualifier === latest ? undefined : qualifier),
    AuthType: url.auth,
    CreationTime: lambdaTime(url.createdMs),
    LastModifiedTime: lambdaTime(url.modifiedMs),
    InvokeMode: url.streams === true ? 'RESPONSE_STREAM' : 'BUFFERED',
    ...(cors !== undefined && {
      Cors: {
        ...(cors.allowCredentials !== undefined && { AllowCredentials: cors.allowCredentials }),
        ...(cors.allowHeaders !== undefined && { AllowHeaders: [...cors.allowHeaders] }),
        ...(cors.allowMethods !== undefined && { AllowMethods: [...cors.allowMethods] }),
        ...(cors.allowOrigins !== undefined && { AllowOrigins: [...cors.allowOrigins] }),
        ...(cors.exposeHeaders !== undefined && { ExposeHeaders: [...cors.exposeHeaders] }),
        ...(cors.maxAgeSeconds !== undefined && { MaxAge: cors.maxAgeSeconds }),
      },
    }),
  };
}
