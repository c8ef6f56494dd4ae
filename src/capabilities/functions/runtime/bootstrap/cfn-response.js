/** Answers a CloudFormation custom resource: `response.send(event, context, response.SUCCESS, { Key: 'value' })`. */
const http = require('node:http');
const https = require('node:https');

exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';

exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) =>
  new Promise((settle) => {
    const body = JSON.stringify({
      Status: responseStatus,
      Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    });
    const url = new URL(event.ResponseURL);
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
    const end = () => {
      settle();
      context.done();
    };
    const client = url.protocol === 'http:' ? http : https;
    const request = client.request(url, { method: 'PUT', headers }, (answer) => {
      console.log(`Status code: ${answer.statusCode}`);
      answer.resume();
      answer.on('end', end);
    });
    request.on('error', (error) => {
      console.log(`send(..) failed executing request: ${error}`);
      end();
    });
    request.end(body);
  });
