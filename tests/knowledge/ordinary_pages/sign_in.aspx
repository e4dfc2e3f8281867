<%@ Page Language="C#" AutoEventWireup="false" Inherits="Example.Web.SignIn" %>
<%@ Import Namespace="System.Web" %>
<!DOCTYPE html>
<html><head runat="server"><title>Sign in</title>
<script>
  // Client script that shows where to go back to; the value is encoded on the server.
  var back = '<%= HttpUtility.JavaScriptStringEncode(Request.QueryString["url"]) %>';
  function restore(request) { return eval('(' + request.responseText + ')'); }
</script></head>
<body><form runat="server"><asp:TextBox ID="user" runat="server"/><asp:TextBox ID="password" TextMode="Password" runat="server"/>
<% if (Request.Cookies["lang"] != null && Request.Cookies["lang"].Value == "de") { %><p>Anmelden</p><% } %>
</form></body></html>
