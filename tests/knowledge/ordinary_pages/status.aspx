<%@ Page Language="C#" %>
<%@ Import Namespace="System.Diagnostics" %>
<% var me = Process.GetCurrentProcess(); %>
<p>Working set: <%= me.WorkingSet64 %>, assembly: <%= System.Reflection.Assembly.Load("System.Web, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a").FullName %></p>
<p>You are <%= Server.HtmlEncode(Request.ServerVariables["REMOTE_ADDR"]) %>. To look at the service, run "cmd.exe /c sc query" on the server.</p>
