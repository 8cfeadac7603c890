/** The one place where the desk takes the client's code; everything else knows its types only. */
export { connect, trustedScriptUrl, workerFrom } from "@rejoinder/client";
