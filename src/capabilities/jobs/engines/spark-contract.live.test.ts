import { findSpark } from '#drivers/spark/installation';
import { applicationEngineContract, pythonScripts } from './application-engine.contract.ts';

const spark = findSpark({ sparkHome: '', pythonPath: '', environment: process.env, folder: process.cwd() });

applicationEngineContract('Spark', {
  open: async () => ({ flags: { sparkHome: spark?.home ?? '' } }),
  ending: '.py',
  scripts: pythonScripts,
  afterCrash: 'dead',
  skip:
    (spark?.java === undefined && 'Spark or Java is not installed') ||
    (spark !== undefined &&
      spark.missingS3Jars.length > 0 &&
      'the jars of s3:// are missing: npx millpond spark --add-s3'),
});
